//! Proves the books from outside: every invariant as a query that returns nothing when all is
//! right, in one snapshot, as the owner, who sees every tenant.

mod audit;
mod ranks;
mod running;
mod store;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use diesel::sql_types::{BigInt, Text};
use secrecy::SecretString;

use crate::db::tenant::{OnControl, SessionSource};
use crate::db::{ControlConn, Db, DbError, Session, TenantNumber};
use crate::statement;

/// Violations of one invariant that are shown; all are counted.
const SHOWN: usize = 5;

/// An invariant and what speaks against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// As in the list of invariants.
    pub invariant: &'static str,
    /// What must hold.
    pub promise: &'static str,
    /// How many violations there are.
    pub violations: i64,
    /// Some of them: tenant number and what is wrong.
    pub examples: Vec<(i64, String)>,
}

/// Declares the checks: one SQL file each, that selects the count, the tenant and the words of every violation.
macro_rules! checks {
    ($($name:ident $invariant:literal $promise:literal $file:literal;)*) => {
        $(statement! {
            #[doc = $promise]
            control $name = include_str!($file);
            {}
            -> { i64 => BigInt, i64 => BigInt, String => Text }
        })*

        /// Checks what nobody else has begun to check.
        async fn findings(conn: &impl OnControl, begun: &Begun) -> Result<Vec<Finding>, DbError> {
            let mut findings = Vec::new();
            $(if begun.is_new($invariant) {
                let rows = ($name {}).all(conn).await?;
                findings.push(Finding {
                    invariant: $invariant,
                    promise: $promise,
                    violations: rows.first().map_or(0, |(count, _, _)| *count),
                    examples: rows.into_iter().take(SHOWN).map(|(_, tenant, what)| (tenant, what)).collect(),
                });
            })*
            Ok(findings)
        }
    };
}

// What takes long comes first, so that two who check side by side end together.
checks! {
    Counters "C1" "The counters of business dates equal the receipts" "verify/c01_counters.sql";
    LotMoves "I6" "What a lot lacks was taken from it" "verify/i06_lot_moves.sql";
    Sums "C3" "Sums that were written down are those of the moves before" "verify/c03_sums.sql";
    ZeroSum "I1" "Every move of points has two different accounts" "verify/i01_zero_sum.sql";
    TenantSum "I2" "The accounts of a tenant's wallet sum to 0" "verify/i02_tenant_sum.sql";
    Balances "I3" "A wallet equals its open lots and its moves" "verify/i03_balances.sql";
    ExpiredSpent "I4" "Nothing was spent from a lot that was over" "verify/i04_expired_spent.sql";
    LotRange "I5" "A lot holds between 0 and what was granted" "verify/i05_lot_range.sql";
    KeysOnce "I8" "A key made at most one thing, and each thing has its key" "verify/i08_keys_once.sql";
    Returns "I10" "Returns give and take no more than their purchase did" "verify/i10_returns.sql";
    Reservations "I12" "What is reserved is held by open reservations, each of which ends once" "verify/i12_reservations.sql";
    Deficits "I13" "Who owes points has none to spend" "verify/i13_deficit.sql";
    Acknowledged "I14" "What was answered under a key is in the ledger" "verify/i14_acknowledged.sql";
    Versions "I17" "A member's versions are unique and without gaps" "verify/i17_versions.sql";
    Events "I26" "Each transaction has one event where somebody listens" "verify/i26_events.sql";
    Standing "C4" "A ledger knows where its member stands, and what ends first" "verify/c04_standing.sql";
    Transit "T1" "What one member sends, another gets" "verify/t01_transit.sql";
    Limits "C2" "What limits count was granted" "verify/c02_limits.sql";
}

/// What somebody has begun to check, where some check side by side.
#[derive(Debug, Default)]
struct Begun(Mutex<BTreeSet<&'static str>>);

impl Begun {
    fn is_new(&self, invariant: &'static str) -> bool {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        begun.insert(invariant)
    }
}

/// Check every invariant over all tenants, in one snapshot that two connections see; ranks tenant by tenant, each in
/// one of its own.
pub async fn verify(owner_url: &SecretString) -> Result<Vec<Finding>, DbError> {
    let (one, other) = tokio::try_join!(open(owner_url), open(owner_url))?;
    let one = ControlConn::open_proof(one, None).await?;
    let snapshot = one.snapshot().await?;
    let other = ControlConn::open_proof(other, Some(&snapshot)).await?;
    let begun = Begun::default();
    let both = tokio::try_join!(
        Box::pin(async {
            let mut balances = running::findings(&one).await?;
            balances.extend(findings(&one, &begun).await?);
            Ok::<_, DbError>(balances)
        }),
        Box::pin(findings(&other, &begun))
    );
    let (mut findings, others) = both?;
    findings.extend(others);
    one.commit().await?;
    other.commit().await?;
    findings.push(Box::pin(ranks::finding(owner_url)).await?);
    findings.push(audit::finding(owner_url).await?);
    findings.sort_by_key(|finding| place(finding.invariant));
    Ok(findings)
}

async fn open(owner_url: &SecretString) -> Result<SessionSource, DbError> {
    let session = Box::pin(Session::open(owner_url)).await?;
    Ok(Box::new(session).into())
}

/// Check the invariants of one tenant but for its ranks, in one snapshot, as the service, which sees nothing else.
pub async fn verify_tenant(db: &Db, tenant: TenantNumber) -> Result<Vec<Finding>, DbError> {
    let tx = db.audit(tenant).await?;
    let mut findings = findings(&tx, &Begun::default()).await?;
    findings.extend(running::findings(&tx).await?);
    findings.push(audit::finding_of(&tx).await?);
    tx.commit().await?;
    findings.sort_by_key(|finding| place(finding.invariant));
    Ok(findings)
}

/// Where an invariant is told: those of the ledger by their numbers, then those of what is counted, then the rest.
fn place(invariant: &str) -> (usize, u32) {
    let (kind, number) = invariant.split_at_checked(1).unwrap_or_default();
    let kind = ["I", "C", "T"].iter().position(|known| *known == kind);
    (
        kind.unwrap_or(usize::MAX),
        number.parse().unwrap_or(u32::MAX),
    )
}

/// Whether nothing speaks against any invariant.
pub fn is_clean(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.violations == 0)
}

/// The findings as a table for a person.
pub fn write_table(findings: &[Finding], out: &mut impl Write) -> io::Result<()> {
    for finding in findings {
        let verdict = match finding.violations {
            0 => "holds".to_owned(),
            count => format!("{count} VIOLATIONS"),
        };
        writeln!(
            out,
            "{:<4} {:<68} {verdict}",
            finding.invariant, finding.promise
        )?;
        for (tenant, what) in &finding.examples {
            writeln!(out, "       tenant {tenant}: {what}")?;
        }
    }
    Ok(())
}
