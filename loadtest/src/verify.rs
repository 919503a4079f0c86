//! `loadtest verify`: reads every member back through the API and holds it against the journal.

use std::{
    borrow::Cow,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

use crate::{
    audit::{Statement, audit},
    connection::{Call, Connection, Method, ServerAddress, bearer},
    failure::Failure,
    journal::{Acknowledged, Journal, Unknown},
    judge::{Expectation, Kind, Verdict, judge},
    options::{ReportOptions, write_report},
    terminal::{say, say_all},
    world::{WALLET, ask, parse},
};

/// Reading back isn't measured, so it may wait longer than a till.
const READ_LIMIT: Duration = Duration::from_secs(30);
/// Times that an unknown outcome is asked for before it counts as a finding.
const REPLAYS_MAX: u32 = 100;
/// Findings told in words; all are counted.
const FINDINGS_TOLD: usize = 50;

/// Compare the ledger, read through the API, with the journal of a run
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct VerifyOptions {
    /// Where the server listens
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: ServerAddress,
    /// The journal that `run` wrote
    #[arg(long)]
    pub(crate) journal: PathBuf,
    /// Connections that read side by side
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) readers: u32,
    #[command(flatten)]
    pub(crate) report: ReportOptions,
}

#[derive(Debug, Default, Serialize)]
struct VerifyReport {
    members: usize,
    acknowledged: usize,
    replayed: usize,
    transactions: usize,
    findings: usize,
    told: Vec<String>,
}

#[derive(Deserialize)]
struct Balances<'a> {
    version: u64,
    #[serde(borrow)]
    wallets: Vec<Balance<'a>>,
}

#[derive(Deserialize)]
struct Balance<'a> {
    wallet: &'a str,
    available: i64,
}

#[derive(Deserialize)]
struct Transactions<'a> {
    #[serde(borrow)]
    data: Vec<Transaction<'a>>,
    next_cursor: Option<String>,
}

#[derive(Deserialize)]
struct Transaction<'a> {
    version: u64,
    points: i64,
    wallet: Option<&'a str>,
}

/// Verifies it; true when nothing was found.
pub(crate) async fn verify(options: &VerifyOptions) -> Result<bool, Failure> {
    let mut journal = Journal::read(&options.journal)?;
    let mut report = VerifyReport {
        members: journal.members.len(),
        acknowledged: journal.acknowledged.len(),
        replayed: journal.unknown.len(),
        ..VerifyReport::default()
    };
    let keys = journal.tenants.iter().map(|(_, secret)| bearer(secret));
    let keys: Vec<Arc<str>> = keys.collect::<Result<_, _>>()?;
    let mut findings = replay_unknown(options, &mut journal, &keys).await?;
    let by_member = group_by_member(&mut journal)?;
    let reading = Arc::new(Reading {
        keys,
        members: journal.members,
        by_member,
        next: AtomicUsize::new(0),
        progress: ProgressBar::new(u64::try_from(report.members).unwrap_or_default()),
    });
    let mut tasks = Vec::new();
    for _ in 0..options.readers {
        let connection = Connection::new(options.url.clone(), READ_LIMIT);
        tasks.push(tokio::spawn(Arc::clone(&reading).read(connection)));
    }
    for task in tasks {
        let read = task
            .await
            .map_err(|error| Failure::other(error.to_string()))?;
        let (transactions, found) = read?;
        report.transactions = report.transactions.saturating_add(transactions);
        findings.extend(found);
    }
    reading.progress.finish_and_clear();
    report.findings = findings.len();
    report.told = findings.into_iter().take(FINDINGS_TOLD).collect();
    tell(&report)?;
    if let Some(file_path) = &options.report.report {
        write_report(file_path, &report)?;
    }
    Ok(report.findings == 0)
}

fn tell(report: &VerifyReport) -> Result<(), Failure> {
    say_all(&report.told)?;
    say(&format!(
        "{} members: {} acknowledged writes, {} replayed, {} transactions read, {} findings",
        report.members, report.acknowledged, report.replayed, report.transactions, report.findings
    ))
}

fn group_by_member(journal: &mut Journal) -> Result<Vec<Vec<Acknowledged>>, Failure> {
    let mut by_member = vec![Vec::new(); journal.members.len()];
    for line in journal.acknowledged.drain(..) {
        let lines: Option<&mut Vec<Acknowledged>> = by_member.get_mut(line.member);
        let lines = lines.ok_or_else(|| Failure::other("the journal names an unknown member"))?;
        lines.push(line);
    }
    Ok(by_member)
}

/// Asks for every unknown outcome with its own key; what is known then counts as acknowledged.
async fn replay_unknown(
    options: &VerifyOptions,
    journal: &mut Journal,
    keys: &[Arc<str>],
) -> Result<Vec<String>, Failure> {
    let mut connection = Connection::new(options.url.clone(), READ_LIMIT);
    let mut findings = Vec::new();
    for unknown in std::mem::take(&mut journal.unknown) {
        let tenant = journal
            .members
            .get(unknown.member)
            .map(|(tenant, _)| *tenant);
        let Some(secret) = tenant.and_then(|tenant| keys.get(tenant)) else {
            return Err(Failure::other("the journal names an unknown member"));
        };
        match replay(&mut connection, secret, &unknown).await? {
            Ok(Some(line)) => journal.acknowledged.push(line),
            Ok(None) => {}
            Err(finding) => findings.push(finding),
        }
    }
    Ok(findings)
}

/// The outcome of one replay: acknowledged, rightly refused, or a finding in words.
type Replayed = Result<Option<Acknowledged>, String>;

async fn replay(
    connection: &mut Connection,
    secret: &Arc<str>,
    unknown: &Unknown,
) -> Result<Replayed, Failure> {
    let is_purchase = unknown.path.contains("purchases");
    let call = Call {
        method: Method::Post,
        path: Cow::Owned(unknown.path.clone()),
        secret: Arc::clone(secret),
        key: Some(unknown.key.clone()),
        body: unknown.body.clone(),
    };
    let expected = Expectation {
        kind: if is_purchase {
            Kind::Purchase
        } else {
            Kind::Redeem
        },
        points: unknown.points,
        version_floor: 0,
    };
    for _ in 0..REPLAYS_MAX {
        let verdict = match connection.send(&call).await {
            Ok(reply) => judge(&reply, &expected),
            Err(none) => Verdict::Repeat(none.name().to_owned()),
        };
        match verdict {
            Verdict::Accepted(accepted) => {
                return Ok(Ok(Some(Acknowledged {
                    member: unknown.member,
                    version: accepted.version,
                    points: unknown.points,
                    available: accepted.available,
                    sent_micros: unknown.sent_micros,
                    answered_micros: u64::MAX,
                    key: unknown.key.clone(),
                })));
            }
            Verdict::Refused => return Ok(Ok(None)),
            Verdict::Repeat(_cause) => sleep(Duration::from_millis(200)).await,
            Verdict::Error(sentence) | Verdict::Violation(_, sentence) => {
                return Ok(Err(format!("replay of {}: {sentence}", unknown.key)));
            }
        }
    }
    Ok(Err(format!("the outcome of {} stays unknown", unknown.key)))
}

/// Members that are read back side by side.
struct Reading {
    keys: Vec<Arc<str>>,
    members: Vec<(usize, String)>,
    by_member: Vec<Vec<Acknowledged>>,
    next: AtomicUsize,
    progress: ProgressBar,
}

impl Reading {
    /// Takes members until none is left; counts transactions and collects findings.
    async fn read(
        self: Arc<Self>,
        mut connection: Connection,
    ) -> Result<(usize, Vec<String>), Failure> {
        let mut transactions = 0_usize;
        let mut findings = Vec::new();
        loop {
            let position = self.next.fetch_add(1, Ordering::Relaxed);
            let member = self.members.get(position).zip(self.by_member.get(position));
            let Some(((tenant, id), journal)) = member else {
                return Ok((transactions, findings));
            };
            let key = self.keys.get(*tenant);
            let key = key.ok_or_else(|| Failure::other("the journal names an unknown tenant"))?;
            let version = journal
                .iter()
                .map(|line| line.version)
                .max()
                .unwrap_or_default();
            let statement = read_statement(&mut connection, key, (id, version)).await?;
            transactions = transactions.saturating_add(statement.moved.len());
            let found = audit(journal.clone(), &statement);
            findings.extend(
                found
                    .into_iter()
                    .map(|sentence| format!("{id}: {sentence}")),
            );
            self.progress.inc(1);
        }
    }
}

async fn read_statement(
    connection: &mut Connection,
    key: &Arc<str>,
    (member, version): (&str, u64),
) -> Result<Statement, Failure> {
    // A plain read may be a little stale by contract; the version asks for what was answered.
    let balances = format!("/v1/members/{member}/balances?min_version={version}");
    let body = ask(connection, key, Method::Get, &balances, None).await?;
    let balances: Balances<'_> = parse(&body, "the balance")?;
    let balance = balances
        .wallets
        .iter()
        .find(|balance| balance.wallet == WALLET);
    let mut statement = Statement {
        version: balances.version,
        available: balance.map_or(0, |balance| balance.available),
        ..Statement::default()
    };
    let first_page = format!("/v1/members/{member}/transactions?limit=200");
    let mut page = Some(first_page.clone());
    while let Some(page_path) = page {
        let body = ask(connection, key, Method::Get, &page_path, None).await?;
        let transactions: Transactions<'_> = parse(&body, "the list of transactions")?;
        for transaction in &transactions.data {
            let moved = statement.moved.entry(transaction.version).or_default();
            if transaction.wallet.is_none_or(|wallet| wallet == WALLET) {
                *moved = moved.saturating_add(transaction.points);
            }
        }
        page = transactions
            .next_cursor
            .map(|cursor| format!("{first_page}&cursor={cursor}"));
    }
    Ok(statement)
}
