//! The clock of a sandbox tenant: moved forward it stops at every business day on which something
//! is due, so that a year passes in moments and yet as it would have passed.

use domain::calendar;
use domain::settings::Settings;
use jiff::Timestamp;

use super::store::{NextDue, NextRelease, SetTestClock, TestClock};
use super::{Job, finish};
use crate::audit::{self, Actor, Entry};
use crate::catalog::{self, Catalogs};
use crate::db::time::maybe_from;
use crate::db::{Db, DbError, TenantNumber};
use crate::ledger::{Due, Reviewer, release_lapsed, sweep};

/// What became of a wish to move the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It stands there now, after so many runs of jobs.
    Done { jobs_run: u64 },
    /// It stands later already.
    Backwards { now: Timestamp },
}

/// Move the clock to `to` and do what is due until then, day by day in the order of time. Cut off,
/// it stands where it got to and may be moved on. The log of the tenant tells who wished it.
pub(crate) async fn move_clock(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    (to, actor): (Timestamp, Actor),
) -> Result<Moved, DbError> {
    let tx = db.tenant(tenant).await?;
    let clock = TestClock {
        tenant: tx.number(),
    };
    let clock = maybe_from(clock.all(&tx).await?.pop().and_then(|(clock,)| clock));
    let head = catalog::head(&tx).await?;
    let catalog = catalogs.at_revision(&tx, head.revision).await?;
    match clock {
        Some(now) if to < now => return Ok(Moved::Backwards { now }),
        Some(now) if to == now => return Ok(Moved::Done { jobs_run: 0 }),
        _ => {}
    }
    let (before, after) = (
        serde_json::json!({"now": clock}),
        serde_json::json!({"now": to}),
    );
    let entry = Entry::new(actor, "test_clock.set", &"test_clock").changed(before, after);
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    let mut jobs_run: u64 = 0;
    loop {
        let due_at = next_due(db, tenant).await?.filter(|due_at| *due_at <= to);
        let day = due_at.map(|due_at| end_of_waiting(&catalog.settings, due_at));
        // What was left undone until the clock was first set is done at that moment.
        let day = day.transpose()?.map_or(to, |day| day.max(head.now).min(to));
        if release(db, catalogs, tenant, (head.now, day)).await? {
            // What came back may be due before what was known to be.
            jobs_run = jobs_run.saturating_add(1);
            continue;
        }
        let Some(due_at) = due_at else {
            break;
        };
        set(db, tenant, day).await?;
        let made = complete(db, catalogs, tenant, (&catalog.settings, day)).await?;
        jobs_run = jobs_run.saturating_add(made.runs);
        if made.transactions == 0 {
            // A wallet said too early an end and knows better now, or nothing would ever change.
            let again = next_due(db, tenant).await?;
            if again.is_some_and(|again| again <= due_at) {
                let stuck = format!("what is due at {due_at} can't be done");
                return Err(DbError::Failed(stuck));
            }
        }
    }
    set(db, tenant, to).await?;
    if catalog.has_ladders() {
        // One look does the reviews of every day in their order: what they see does not depend on
        // when it is done.
        let date = catalog.settings.business_date(to);
        let reviewer = Reviewer {
            db: db.clone(),
            catalogs: catalogs.clone(),
        };
        reviewer.review(tenant, date).await?;
        finish(db, tenant, Job::Ranks.name(), date).await?;
        jobs_run = jobs_run.saturating_add(1);
    }
    Ok(Moved::Done { jobs_run })
}

/// Give points back whose reservations are over first, at the instant at which they are; whether there
/// were some until `until`.
async fn release(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    (from, until): (Timestamp, Timestamp),
) -> Result<bool, DbError> {
    let next = next_release(db, tenant).await?;
    let Some(ends_at) = next.filter(|ends_at| *ends_at <= until) else {
        return Ok(false);
    };
    let at = ends_at.max(from).min(until);
    set(db, tenant, at).await?;
    let released = release_lapsed(db, catalogs, tenant, at).await?;
    if released == 0 && next_release(db, tenant).await? == Some(ends_at) {
        let stuck = format!("a reservation that was over at {ends_at} can't be released");
        return Err(DbError::Failed(stuck));
    }
    Ok(true)
}

/// What the jobs of one day did.
struct Made {
    runs: u64,
    transactions: u64,
}

async fn complete(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    (settings, now): (&Settings, Timestamp),
) -> Result<Made, DbError> {
    let date = calendar::business_date(now, &settings.time_zone, settings.cutovers());
    let mut made = Made {
        runs: 0,
        transactions: 0,
    };
    for (job, due) in [(Job::Activate, Due::Activation), (Job::Expire, Due::Expiry)] {
        let transactions = sweep(db, catalogs, tenant, due, now).await?;
        finish(db, tenant, job.name(), date).await?;
        made.runs = made.runs.saturating_add(1);
        made.transactions = made.transactions.saturating_add(transactions);
    }
    Ok(made)
}

/// The cut-over at which something that is due at an instant is done.
fn end_of_waiting(settings: &Settings, due_at: Timestamp) -> Result<Timestamp, DbError> {
    let overflow = |_overflow| DbError::Failed("a business day is out of range".into());
    let (zone, cutover) = (&settings.time_zone, settings.cutovers());
    let date = calendar::business_date(due_at, zone, cutover);
    let starts_at = calendar::starts_at(date, zone, cutover).map_err(overflow)?;
    if starts_at == due_at {
        return Ok(starts_at);
    }
    calendar::ends_at(date, zone, cutover).map_err(overflow)
}

async fn next_due(db: &Db, tenant: TenantNumber) -> Result<Option<Timestamp>, DbError> {
    let tx = db.tenant(tenant).await?;
    let next = NextDue {
        tenant: tx.number(),
    };
    let next = next.all(&tx).await?.pop();
    tx.commit().await?;
    Ok(maybe_from(next.and_then(|(next,)| next)))
}

async fn next_release(db: &Db, tenant: TenantNumber) -> Result<Option<Timestamp>, DbError> {
    let tx = db.tenant(tenant).await?;
    let next = NextRelease {
        tenant: tx.number(),
    };
    let next = next.all(&tx).await?.pop();
    tx.commit().await?;
    Ok(maybe_from(next.and_then(|(next,)| next)))
}

async fn set(db: &Db, tenant: TenantNumber, now: Timestamp) -> Result<(), DbError> {
    let tx = db.tenant(tenant).await?;
    let set = SetTestClock {
        tenant: tx.number(),
        now: now.into(),
    };
    set.run(&tx).await?;
    tx.commit().await?;
    Ok(())
}
