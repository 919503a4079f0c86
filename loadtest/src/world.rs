//! What a run works on: tenants, their keys and their members, made through the API like any
//! customer would make them.

use std::{
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use indicatif::ProgressBar;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    clock,
    connection::{Call, Connection, Method, ServerAddress, bearer},
    failure::Failure,
};

/// The store that every receipt names.
pub(crate) const STORE: &str = "load";
/// The wallet that every rule fills.
pub(crate) const WALLET: &str = "points";
/// What the two bonuses make of a base point: 1 + (2 − 1) + (3 − 1), since they are summed.
pub(crate) const POINTS_PER_BASE_POINT: i64 = 4;
/// One base point for each full hundred.
pub(crate) const AMOUNT_PER_BASE_POINT: i64 = 100;
/// Set-up isn't measured, so it may wait longer than a till.
const SETUP_LIMIT: Duration = Duration::from_secs(30);
/// A read over a very large ledger.
const READ_LIMIT: Duration = Duration::from_secs(120);

/// A tenant of the run.
#[derive(Debug)]
pub(crate) struct Tenant {
    /// Public id.
    pub(crate) id: String,
    /// Its all-scopes key.
    pub(crate) secret: Arc<str>,
}

/// A member of the run.
#[derive(Debug)]
pub(crate) struct Member {
    /// Position of the tenant in the world.
    pub(crate) tenant: usize,
    /// Public id.
    pub(crate) id: String,
    /// The receipt's `member` object, ready to be pasted.
    pub(crate) reference: String,
    /// Path of the hot balance.
    pub(crate) balances: String,
    /// The highest version that any answer has shown so far: a call sent later must get more.
    pub(crate) version_seen: AtomicU64,
}

/// Everything that a run works on.
#[derive(Debug)]
pub(crate) struct World {
    /// Tenants in the order of their creation.
    pub(crate) tenants: Vec<Tenant>,
    /// Members of all tenants.
    pub(crate) members: Vec<Member>,
}

/// How large a world to make.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct WorldOptions {
    /// Tenants; the members are spread evenly over them
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) tenants: u32,
    /// Members of all tenants together
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) members: u32,
    /// How a receipt names its member
    #[arg(long, value_enum, default_value_t = MemberReference::Id)]
    pub(crate) member_by: MemberReference,
    /// Connections that enrol members
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) setup_clients: u32,
}

/// The identifiers that a till can have at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MemberReference {
    /// The member's own id
    Id,
    /// The number of a card
    Card,
    /// The retailer's number of the member
    ExternalId,
}

#[derive(Deserialize)]
struct NewTenant {
    id: String,
    api_key: NewKey,
}

#[derive(Deserialize)]
struct NewKey {
    secret: String,
}

#[derive(Deserialize)]
struct NewMember {
    id: String,
}

/// Makes tenants, programs, stores and members on the server.
pub(crate) async fn make(
    address: &ServerAddress,
    operator_key: &str,
    options: &WorldOptions,
) -> Result<World, Failure> {
    let mark = clock::run_mark();
    let mut connection = Connection::new(address.clone(), SETUP_LIMIT);
    let operator = bearer(operator_key)?;
    let mut tenants = Vec::new();
    for number in 0..options.tenants {
        let name = format!("load {mark}-{number}");
        tenants.push(make_tenant(&mut connection, &operator, &name).await?);
    }
    let tenants = Arc::new(tenants);
    let members = enrol_all(address, &tenants, options, &mark).await?;
    let tenants = Arc::try_unwrap(tenants)
        .map_err(|_shared| Failure::other("an enrolment outlived the set-up"))?;
    Ok(World { tenants, members })
}

/// One tenant in UTC with this program; its public id.
pub(crate) async fn make_one(
    address: &ServerAddress,
    operator_key: &str,
    program: &Value,
) -> Result<Tenant, Failure> {
    let mut connection = Connection::new(address.clone(), SETUP_LIMIT);
    let operator = bearer(operator_key)?;
    let wish = json!({"name": "large", "currency": "JPY", "time_zone": "UTC",
        "business_day_cutover": "00:00", "prices_include_tax": true});
    let tenants = "/v1/tenants";
    let made = ask(
        &mut connection,
        &operator,
        Method::Post,
        tenants,
        Some(&wish),
    )
    .await?;
    let NewTenant { id, api_key } = parse(&made, "the new tenant")?;
    let secret = bearer(&api_key.secret)?;
    let draft = "/v1/program/draft";
    ask(&mut connection, &secret, Method::Put, draft, Some(program)).await?;
    let publish = json!({"effective_from": "2020-01-01T00:00:00Z"});
    let path = "/v1/program/publish";
    ask(&mut connection, &secret, Method::Post, path, Some(&publish)).await?;
    Ok(Tenant { id, secret })
}

/// What the service answers to a read.
pub(crate) async fn read(
    address: &ServerAddress,
    tenant: &Tenant,
    path: &'static str,
) -> Result<Value, Failure> {
    let mut connection = Connection::new(address.clone(), READ_LIMIT);
    let read = ask(&mut connection, &tenant.secret, Method::Get, path, None).await?;
    parse(&read, path)
}

/// A tenant with a store and a published program. Both bonuses fire every day, so that a run does
/// the same work whatever day it is.
async fn make_tenant(
    connection: &mut Connection,
    operator: &Arc<str>,
    name: &str,
) -> Result<Tenant, Failure> {
    let wish = json!({"name": name, "currency": "JPY", "time_zone": "Asia/Tokyo",
        "business_day_cutover": "05:00", "prices_include_tax": true});
    let made = ask(
        connection,
        operator,
        Method::Post,
        "/v1/tenants",
        Some(&wish),
    )
    .await?;
    let NewTenant { id, api_key } = parse(&made, "the new tenant")?;
    let secret = bearer(&api_key.secret)?;
    let store = json!({"code": STORE, "name": "Load"});
    ask(
        connection,
        &secret,
        Method::Post,
        "/v1/stores",
        Some(&store),
    )
    .await?;
    let program = program();
    ask(
        connection,
        &secret,
        Method::Put,
        "/v1/program/draft",
        Some(&program),
    )
    .await?;
    let publish = json!({});
    ask(
        connection,
        &secret,
        Method::Post,
        "/v1/program/publish",
        Some(&publish),
    )
    .await?;
    Ok(Tenant { id, secret })
}

/// One base rule and two bonuses, as the goals of the service name them.
fn program() -> Value {
    let month: Vec<u8> = (1..=31).collect();
    json!({
        "wallets": [{"code": WALLET, "name": "Points", "expiry": {"type": "after", "months": 12}}],
        "earn_rules": [{"code": "base", "wallet": WALLET,
            "award": {"type": "per_amount", "amount": AMOUNT_PER_BASE_POINT, "points": 1}}],
        "bonuses": [
            {"code": "weekday-double", "wallet": WALLET,
                "effect": {"type": "multiplier", "times": "2"},
                "when": {"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}},
            {"code": "day-triple", "wallet": WALLET,
                "effect": {"type": "multiplier", "times": "3"},
                "when": {"days_of_month": month}}
        ]
    })
}

async fn enrol_all(
    address: &ServerAddress,
    tenants: &Arc<Vec<Tenant>>,
    options: &WorldOptions,
    mark: &str,
) -> Result<Vec<Member>, Failure> {
    let progress = ProgressBar::new(u64::from(options.members)).with_message("members");
    let next = Arc::new(AtomicUsize::new(0));
    let wanted = usize::try_from(options.members).unwrap_or(usize::MAX);
    let mut tasks = Vec::new();
    for _ in 0..options.setup_clients {
        let enrolment = Enrolment {
            connection: Connection::new(address.clone(), SETUP_LIMIT),
            tenants: Arc::clone(tenants),
            next: Arc::clone(&next),
            wanted,
            member_by: options.member_by,
            mark: mark.to_owned(),
            progress: progress.clone(),
        };
        tasks.push(tokio::spawn(enrolment.run()));
    }
    let mut members = Vec::with_capacity(wanted);
    for task in tasks {
        let enrolled = task
            .await
            .map_err(|error| Failure::other(error.to_string()))?;
        members.extend(enrolled?);
    }
    progress.finish_and_clear();
    Ok(members)
}

/// One of the connections that enrol members side by side.
struct Enrolment {
    connection: Connection,
    tenants: Arc<Vec<Tenant>>,
    next: Arc<AtomicUsize>,
    wanted: usize,
    member_by: MemberReference,
    mark: String,
    progress: ProgressBar,
}

impl Enrolment {
    async fn run(mut self) -> Result<Vec<Member>, Failure> {
        let mut members = Vec::new();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.wanted {
                return Ok(members);
            }
            members.push(self.enrol(number).await?);
            self.progress.inc(1);
        }
    }

    async fn enrol(&mut self, number: usize) -> Result<Member, Failure> {
        let position = number.checked_rem(self.tenants.len()).unwrap_or_default();
        let Some(tenant) = self.tenants.get(position) else {
            return Err(Failure::other("a world needs at least one tenant"));
        };
        let external_id = format!("{}-{number}", self.mark);
        let card = format!("29{number:011}");
        let wish = json!({"external_id": external_id, "cards": [card]});
        let secret = Arc::clone(&tenant.secret);
        let connection = &mut self.connection;
        let made = ask(
            connection,
            &secret,
            Method::Post,
            "/v1/members",
            Some(&wish),
        )
        .await?;
        let NewMember { id } = parse(&made, "the new member")?;
        let reference = match self.member_by {
            MemberReference::Id => format!(r#"{{"id":"{id}"}}"#),
            MemberReference::Card => format!(r#"{{"card":"{card}"}}"#),
            MemberReference::ExternalId => format!(r#"{{"external_id":"{external_id}"}}"#),
        };
        Ok(Member {
            tenant: position,
            balances: format!("/v1/members/{id}/balances"),
            reference,
            id,
            version_seen: AtomicU64::new(0),
        })
    }
}

/// One call that must succeed.
pub(crate) async fn ask(
    connection: &mut Connection,
    secret: &Arc<str>,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Vec<u8>, Failure> {
    let call = Call {
        method,
        path: Cow::Owned(path.to_owned()),
        secret: Arc::clone(secret),
        key: None,
        body: body.map(Value::to_string).unwrap_or_default(),
    };
    let what = || format!("{} {path}", method.name());
    let reply = connection.send(&call).await;
    let reply = reply.map_err(|none| Failure::other(format!("{}: {}", what(), none.name())))?;
    if (200..300).contains(&reply.status) {
        return Ok(reply.body.to_vec());
    }
    Err(Failure::Refused {
        what: what(),
        status: reply.status,
        body: reply.excerpt(),
    })
}

/// The few fields that are needed from an answer.
pub(crate) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8], what: &str) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| {
        let text: String = String::from_utf8_lossy(body).chars().take(200).collect();
        Failure::other(format!("{what} was not understood: {error} in {text}"))
    })
}
