//! What is done without a caller: tenant by tenant, in small transactions, each business day once.
//! Every job may run twice at once, and may be cut off, without harm.

mod books;
mod purge_events;
mod purge_keys;
pub(crate) mod store;
mod sums;
mod test_clock;
mod webhooks;

use std::collections::HashMap;
use std::time::Duration;

use domain::calendar::{self, Cutovers};
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::catalog::{self, Catalogs};
use crate::db::{Db, DbError, TenantConn, TenantNumber};
use crate::ledger::{Due, Reviewer, release_lapsed, sweep};
use store::{FinishRun, IsAnyLapsed, IsFinished, TakeRun};

pub use books::{Checked, check_books, run as watch_books};
pub use sums::{Resting, close_sums, run as keep_sums};
pub(crate) use test_clock::{Moved, move_clock};
pub use webhooks::Deliverer;

/// How often the tenants are looked through for a business day that has begun.
const ROUND: Duration = Duration::from_secs(5);
/// How long a worker has a job to itself; another one may then go on with it.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

/// What is done at the cut-over, in this order: what becomes spendable does so before anything
/// ends, and ranks are reviewed when points are settled.
const JOBS: [Job; 4] = [Job::Activate, Job::Expire, Job::Ranks, Job::PurgeKeys];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Job {
    Activate,
    Expire,
    Ranks,
    PurgeKeys,
}

impl Job {
    const fn name(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Expire => "expire",
            Self::Ranks => "ranks",
            Self::PurgeKeys => "purge_keys",
        }
    }
}

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Tenants that were looked after.
    pub tenants: u64,
    /// Reservations whose time was over.
    pub released: u64,
    /// Transactions that activated or ended points.
    pub transactions: u64,
    /// Members whose ranks were changed by a review.
    pub ranks: u64,
    /// Idempotency keys whose time was over.
    pub purged_keys: u64,
}

/// The business days that are done, as far as this worker knows.
#[derive(Debug, Default)]
pub struct Done {
    days: HashMap<TenantNumber, Date>,
}

/// Run rounds until the task is dropped. A tenant whose jobs fail does not hold up the others.
pub async fn run(db: Db, catalogs: Catalogs) {
    let mut rounds = tokio::time::interval(ROUND);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut done = Done::default();
    loop {
        rounds.tick().await;
        match round(&db, &catalogs, &mut done).await {
            Ok(Round {
                tenants: 0,
                released: 0,
                ..
            }) => {}
            Ok(round) => tracing::info!(
                tenants = round.tenants,
                reservations.released = round.released,
                transactions = round.transactions,
                ranks = round.ranks,
                keys.purged = round.purged_keys,
                "a round of jobs is done"
            ),
            Err(error) => tracing::warn!(cause = %error, "a round of jobs could not start"),
        }
    }
}

/// One round over every tenant whose business day is not known to be done.
pub async fn round(db: &Db, catalogs: &Catalogs, done: &mut Done) -> Result<Round, DbError> {
    let control = db.control().await?;
    let tenants = (store::EveryTenant {}).all(&control).await?;
    control.commit().await?;
    let mut round = Round::default();
    for (tenant, zone, cutover, earlier, now) in tenants {
        let tenant = TenantNumber(tenant);
        match release(db, catalogs, tenant).await {
            Ok(released) => round.released = round.released.saturating_add(released),
            Err(error) => {
                tracing::warn!(tenant = tenant.0, cause = %error, "reservations were not released");
            }
        }
        let looked_after = match today(&zone, (cutover.into(), &earlier), now.into()) {
            Ok(today) if done.days.get(&tenant) == Some(&today) => continue,
            Ok(today) => {
                let is_done = look_after(db, catalogs, tenant, &mut round).await;
                is_done.map(|is_done| is_done.then_some(today))
            }
            Err(unreadable) => Err(unreadable),
        };
        match looked_after {
            Ok(Some(today)) => {
                done.days.insert(tenant, today);
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(tenant = tenant.0, cause = %error, "a job failed"),
        }
        round.tenants = round.tenants.saturating_add(1);
    }
    Ok(round)
}

/// Give points back whose reservations are over: these end at any time of a day, and not only at its
/// beginning.
async fn release(db: &Db, catalogs: &Catalogs, tenant: TenantNumber) -> Result<u64, DbError> {
    let tx = db.tenant(tenant).await?;
    let now = catalog::head(&tx).await?.now;
    let look = IsAnyLapsed {
        tenant: tx.number(),
        until: now.into(),
    };
    let is_any = look.all(&tx).await?.pop();
    tx.commit().await?;
    if is_any != Some((true,)) {
        return Ok(0);
    }
    Box::pin(release_lapsed(db, catalogs, tenant, now)).await
}

fn today(zone: &str, (cutover, earlier): (Time, &str), now: Timestamp) -> Result<Date, DbError> {
    let zone = TimeZone::get(zone).map_err(|error| DbError::Failed(error.to_string()))?;
    let earlier = catalog::earlier_cutovers(earlier)?;
    let cutovers = Cutovers::new(cutover, &earlier);
    Ok(calendar::business_date(now, &zone, cutovers))
}

/// Do the jobs of the tenant's business day; whether all of them are done, by whomever.
async fn look_after(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    round: &mut Round,
) -> Result<bool, DbError> {
    for job in JOBS {
        let tx = db.tenant(tenant).await?;
        let head = catalog::head(&tx).await?;
        let catalog = catalogs.at_revision(&tx, head.revision).await?;
        let settings = &catalog.settings;
        // Keys are kept by real time, whatever the tenant's clock says.
        let now = match job {
            Job::PurgeKeys => head.database_now,
            Job::Activate | Job::Expire | Job::Ranks => head.now,
        };
        let date = calendar::business_date(now, &settings.time_zone, settings.cutovers());
        let taken = take(&tx, job.name(), date, head.database_now).await?;
        let is_finished = !taken && is_finished(&tx, job.name(), date).await?;
        tx.commit().await?;
        if !taken {
            // Another worker is at it, and the jobs after it have to wait for that.
            if !is_finished {
                return Ok(false);
            }
            continue;
        }
        perform(db, catalogs, tenant, (job, now, date), round).await?;
        finish(db, tenant, job.name(), date).await?;
    }
    Ok(true)
}

async fn perform(
    db: &Db,
    catalogs: &Catalogs,
    tenant: TenantNumber,
    (job, now, date): (Job, Timestamp, Date),
    round: &mut Round,
) -> Result<(), DbError> {
    let due = match job {
        Job::Activate => Due::Activation,
        Job::Expire => Due::Expiry,
        Job::Ranks => {
            let reviewer = Reviewer {
                db: db.clone(),
                catalogs: catalogs.clone(),
            };
            let changed = reviewer.review(tenant, date).await?;
            round.ranks = round.ranks.saturating_add(changed);
            return Ok(());
        }
        Job::PurgeKeys => {
            let purged = purge_keys::purge_keys(db, tenant, now).await?;
            round.purged_keys = round.purged_keys.saturating_add(purged);
            purge_events::purge_events(db, tenant, now).await?;
            return Ok(());
        }
    };
    let made = sweep(db, catalogs, tenant, due, now).await?;
    round.transactions = round.transactions.saturating_add(made);
    Ok(())
}

/// Take a job of a day, unless it is done or somebody else has it.
async fn take(
    tx: &TenantConn,
    job: &'static str,
    date: Date,
    now: Timestamp,
) -> Result<bool, DbError> {
    let until = now.checked_add(LEASE);
    let until = until.map_err(|error| DbError::Failed(error.to_string()))?;
    let take = TakeRun {
        tenant: tx.number(),
        job,
        date: date.into(),
        now: now.into(),
        until: until.into(),
    };
    Ok(take.run(tx).await? == 1)
}

async fn is_finished(tx: &TenantConn, job: &'static str, date: Date) -> Result<bool, DbError> {
    let run = IsFinished {
        tenant: tx.number(),
        job,
        date: date.into(),
    };
    Ok(run.all(tx).await?.pop() == Some((true,)))
}

/// Note that a job of a day is done.
async fn finish(
    db: &Db,
    tenant: TenantNumber,
    job: &'static str,
    date: Date,
) -> Result<(), DbError> {
    let tx = db.tenant(tenant).await?;
    let now = catalog::head(&tx).await?.database_now;
    let run = FinishRun {
        tenant: tx.number(),
        job,
        date: date.into(),
        now: now.into(),
    };
    run.run(&tx).await?;
    tx.commit().await?;
    Ok(())
}
