//! Looks at the books of every tenant once a day and keeps what it found, so that those who watch the service hear of a
//! wrong point before a customer does. Ranks are left to `tamaru verify`: to walk them all once more takes long.

mod store;

use std::collections::HashMap;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio::time::Instant;

use super::store::{EveryTenant, IsAtWork};
use super::{finish, is_finished, take};
use crate::catalog;
use crate::db::time::SqlInstant;
use crate::db::{Db, DbError, TenantNumber};
use crate::verify::verify_tenant;
use store::KeepCheck;

/// Its name among the jobs of a day; the day is one in UTC, since nobody's cut-over matters here.
const JOB: &str = "books";
/// How often the tenants are looked through for books that nobody looked at today.
const ROUND: Duration = Duration::from_secs(60);

/// Tenants whose books were looked at, and on which day.
#[derive(Debug, Default)]
pub struct Checked {
    days: HashMap<TenantNumber, Date>,
}

/// Look until the task is dropped. Books that can't be read hold up no others. What is due at a cut-over goes first: its
/// jobs begin with the worker, the first look a round later.
pub async fn run(db: Db) {
    let mut rounds = tokio::time::interval_at(Instant::now() + ROUND, ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut checked = Checked::default();
    loop {
        rounds.tick().await;
        match check_books(&db, &mut checked).await {
            Ok(0) => {}
            Ok(tenants) => tracing::info!(tenants, "books were looked at"),
            Err(error) => tracing::warn!(cause = %error, "a round of books could not start"),
        }
    }
}

/// Look at the books of every tenant that nobody looked at on this day, in UTC; how many they were.
pub async fn check_books(db: &Db, checked: &mut Checked) -> Result<u64, DbError> {
    let control = db.control().await?;
    let tenants = (EveryTenant {}).all(&control).await?;
    control.commit().await?;
    let mut looked_at = 0_u64;
    for (tenant, _, _, _, now) in tenants {
        let tenant = TenantNumber(tenant);
        let today = jiff::Timestamp::from(now).to_zoned(TimeZone::UTC).date();
        if checked.days.get(&tenant) == Some(&today) {
            continue;
        }
        match check(db, tenant, today).await {
            Ok(Check::Done) => looked_at = looked_at.saturating_add(1),
            Ok(Check::DoneBefore) => {}
            Ok(Check::NotNow) => continue,
            Err(error) => {
                tracing::warn!(tenant = tenant.0, cause = %error, "books could not be read");
                continue;
            }
        }
        checked.days.insert(tenant, today);
    }
    Ok(looked_at)
}

/// Who looks at the books of a tenant on a day.
enum Check {
    Done,
    DoneBefore,
    /// Another worker is at it, or at what is due at the cut-over: to read everything beside that would slow it down,
    /// and keep every row alive that it writes anew.
    NotNow,
}

async fn check(db: &Db, tenant: TenantNumber, today: Date) -> Result<Check, DbError> {
    let tx = db.tenant(tenant).await?;
    let now = catalog::head(&tx).await?.database_now;
    let at_work = IsAtWork {
        tenant: tx.number(),
        other_than: JOB,
        now: now.into(),
    };
    if at_work.all(&tx).await?.pop() == Some((true,)) {
        tx.commit().await?;
        return Ok(Check::NotNow);
    }
    let is_taken = take(&tx, JOB, today, now).await?;
    let is_finished = !is_taken && is_finished(&tx, JOB, today).await?;
    tx.commit().await?;
    match (is_taken, is_finished) {
        (true, _) => {}
        (false, true) => return Ok(Check::DoneBefore),
        (false, false) => return Ok(Check::NotNow),
    }
    let findings = verify_tenant(db, tenant).await?;
    let control = db.control().await?;
    for finding in findings {
        if finding.violations > 0 {
            let examples = finding.examples.iter().map(|(_, what)| what.as_str());
            let examples: Vec<&str> = examples.collect();
            tracing::error!(
                tenant = tenant.0,
                invariant = finding.invariant,
                violations = finding.violations,
                examples = examples.join("; "),
                "the books of a tenant do not hold"
            );
        }
        let keep = KeepCheck {
            tenant: tenant.0,
            invariant: finding.invariant,
            violations: finding.violations,
            checked_at: SqlInstant::from(now),
        };
        keep.run(&control).await?;
    }
    control.commit().await?;
    finish(db, tenant, JOB, today).await?;
    Ok(Check::Done)
}
