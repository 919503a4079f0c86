//! `loadtest cutover`: how long what is done at a tenant's cut-over takes for very many members:
//! reviews of ranks when few change and when all do, and the sweep of points that are over.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_postgres::Client;

use crate::{
    failure::Failure,
    private::{PrivateOptions, on_private_stack},
    stack::{Settings, Stack},
    terminal::{note, say},
    world,
};

/// How long a job may take before it is given up.
const PATIENCE: Duration = Duration::from_secs(600);

/// Time reviews of ranks and the sweep of expired points at the cut-over of large tenants
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct CutoverOptions {
    #[command(flatten)]
    private: PrivateOptions,
    /// Members whose ranks are reviewed, each with three business days
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    members: u32,
    /// Lots that are over
    #[arg(long, default_value_t = 400_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    lots: u32,
    /// Of these so many belong to one member
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    lots_per_member: u32,
}

/// What is seeded, and the job that is timed.
struct Scenario {
    name: &'static str,
    job: &'static str,
    /// How many things the job looks at.
    things: u32,
    seed: String,
    /// Counts what the job did.
    done: &'static str,
    /// How much it had to do.
    due: u32,
}

/// Does it all; true when every job did what it had to.
pub(crate) async fn cutover(options: &CutoverOptions) -> Result<bool, Failure> {
    on_private_stack(&options.private, Settings::default(), async |stack| {
        let mut all_right = true;
        for scenario in scenarios(options) {
            all_right &= Box::pin(time(stack, &scenario)).await?;
        }
        Ok(all_right)
    })
    .await
}

fn scenarios(options: &CutoverOptions) -> Vec<Scenario> {
    let (members, lots, each) = (options.members, options.lots, options.lots_per_member);
    // Every change with the state that follows from it, and nobody else's.
    let ranks =
        "select count(*) from rank_changes c join ranks r using (tenant_id, member_id, ladder)
        where c.tenant_id = $1 and c.cause = 'review' and r.earned = 'bronze' and c.code = r.earned
          and c.number = r.changes and c.effective_at = r.since";
    let lots_over = "select count(*) from ledger_transactions t
        cross join lateral unnest(t.credits, t.points, t.lots) m (credit, points, lot_id)
        join lots l on l.tenant_id = t.tenant_id and l.member_id = t.member_id and l.id = m.lot_id and l.remaining = 0
        join member_ledgers g on g.tenant_id = t.tenant_id and g.member_id = t.member_id and 0 = all (g.available)
            and g.next_expires_at = 'infinity'
        where t.tenant_id = $1 and m.credit = 13 and m.points = l.granted";
    vec![
        Scenario {
            name: "reviews when one in a hundred changes",
            job: "ranks",
            things: members,
            seed: ranks_seed(members, 100),
            done: ranks,
            due: members / 100,
        },
        Scenario {
            name: "reviews when all change",
            job: "ranks",
            things: members,
            seed: ranks_seed(members, 1),
            done: ranks,
            due: members,
        },
        Scenario {
            name: "sweep of expired lots",
            job: "expire",
            things: lots,
            seed: lots_seed(lots, each),
            done: lots_over,
            due: lots,
        },
    ]
}

/// Silver for a year's spend of 50,000, looked at every day.
fn program() -> Value {
    json!({
        "wallets": [{"code": world::WALLET, "name": "Points", "expiry": {"type": "after", "months": 12}}],
        "earn_rules": [{"code": "base", "wallet": world::WALLET,
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
        "ranks": [{"code": "main", "metric": "spend", "window": {"type": "rolling_days", "days": 365},
            "downgrade": {"at": "rolling"},
            "steps": [{"code": "bronze", "from": 0}, {"code": "silver", "from": 50_000},
                {"code": "gold", "from": 200_000}]}],
    })
}

/// Silver members, of whom one in `fallers` loses the last day that counted today.
fn ranks_seed(members: u32, fallers: u32) -> String {
    let day = |back: &str| format!("current_date - {back}");
    let (recent, older, last) = (day("10"), day("40"), day("366"));
    format!(
        "create temp table seeded on commit drop as select md5('r' || {fallers} || i)::uuid as id, i % {fallers} = 0 as falls
             from generate_series(1, {members}) as i order by 1;
         insert into members (tenant_id, id, enrolled_at, attributes, consents, created_at)
             select $tenant, id, now() - interval '400 days', '{{}}', '{{}}', now() from seeded;
         insert into member_ledgers (tenant_id, member_id, version, last_recorded_at, last_day, day_spend, day_gross_spend,
                 day_visits, day_points_earned, status, enrolled_at)
             select $tenant, id, 3, now() - interval '10 days', {recent}, 20000, 20000, 1, 100, 'active',
                 now() - interval '400 days' from seeded;
         insert into earlier_days (tenant_id, member_id, business_date, spend, gross_spend, visits, points_earned)
             select $tenant, id, d.day, d.spend, d.spend, 1, 100 from seeded,
                 lateral (values ({older}, 20000),
                     (case when falls then {last} else current_date - 100 end, 20000)) d (day, spend);
         insert into ranks (tenant_id, member_id, ladder, earned, earned_on, since, changes, reviewed_on, is_late)
             select $tenant, id, 'main', 'silver', {older}, now() - interval '40 days', 1, current_date - 1, false from seeded;
         update tenant_keys set ranks_began_on = current_date - 1, ranks_reviewed_on = current_date - 1
             where tenant_id = $tenant;"
    )
}

/// Lots of ten points that ended a moment ago.
fn lots_seed(lots: u32, each: u32) -> String {
    format!(
        "create temp table seeded on commit drop as select i, md5('m' || i / {each})::uuid as member, md5('l' || i)::uuid as id
             from generate_series(0, {lots} - 1) as i order by 2;
         create temp table owners on commit drop as select member, count(*) as lots from seeded group by 1 order by 1;
         insert into members (tenant_id, id, enrolled_at, attributes, consents, created_at)
             select $tenant, member, now() - interval '400 days', '{{}}', '{{}}', now() from owners;
         insert into member_ledgers (tenant_id, member_id, version, last_recorded_at, status, enrolled_at, next_expires_at,
                 wallets, available, pending, reserved, deficit, next_expiries)
             select $tenant, member, lots, now() - interval '300 days', 'active', now() - interval '400 days',
                 now() - interval '1 hour', '{{points}}', array[10 * lots], '{{0}}', '{{0}}', '{{0}}',
                 array[now() - interval '1 hour'] from owners;
         insert into lots (tenant_id, member_id, expires_at, id, wallet, granted, remaining, occurred_at, transaction_id,
                 rule, program_version)
             select $tenant, member, now() - interval '1 hour', id, 'points', 10, 10, now() - interval '300 days', id,
                 'base', 1 from seeded;"
    )
}

async fn time(stack: &Stack, scenario: &Scenario) -> Result<bool, Failure> {
    let tenant = world::make_one(&stack.url, &stack.operator_key, &program()).await?;
    let owner = stack.administrator().await?;
    let number = number_of(&owner, &tenant.id).await?;
    note(&format!("Seeding for {}", scenario.name))?;
    let seed = scenario.seed.replace("$tenant", &number.to_string());
    owner
        .batch_execute(&format!("begin; {seed} commit;"))
        .await?;
    for settle in ["vacuum analyze", "checkpoint"] {
        owner.batch_execute(settle).await?;
    }
    note("Working")?;
    let mut worker = stack.work()?;
    let seconds = finished(&owner, number, scenario.job).await;
    worker
        .kill()
        .await
        .map_err(Failure::io("stopping the worker"))?;
    let seconds = seconds?;
    let done: i64 = owner
        .query_one(scenario.done, &[&number])
        .await?
        .try_get(0)?;
    let things = f64::from(scenario.things);
    say(&format!(
        "{}: {} looked at, {done} changed, {seconds:.2} s, {:.0}/s",
        scenario.name,
        scenario.things,
        things / seconds
    ))?;
    if done != i64::from(scenario.due) {
        say(&format!("{} should have been changed", scenario.due))?;
        return Ok(false);
    }
    Ok(true)
}

pub(crate) async fn number_of(owner: &Client, public_id: &str) -> Result<i64, Failure> {
    let newest = "select max(id) from tenants where sandbox_of is null";
    let row = owner.query_one(newest, &[]).await?;
    let number: Option<i64> = row.try_get(0)?;
    number.ok_or_else(|| Failure::other(format!("tenant {public_id} has no number")))
}

/// Waits for a job of today; how long it took by the service's own notes.
async fn finished(owner: &Client, tenant: i64, job: &str) -> Result<f64, Failure> {
    let taken =
        "select extract(epoch from finished_at - (leased_until - interval '60 seconds'))::float8
        from job_runs where tenant_id = $1 and job = $2 and finished_at is not null";
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if let Some(row) = owner.query_opt(taken, &[&tenant, &job]).await? {
            return Ok(row.try_get(0)?);
        }
        sleep(Duration::from_millis(200)).await;
    }
    Err(Failure::other(format!("the job {job} did not end")))
}
