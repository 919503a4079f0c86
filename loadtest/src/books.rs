//! `loadtest books`: how long the proof of very large books takes, their first sums, and what a tenant owes.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_postgres::Client;

use crate::{
    cutover::number_of,
    failure::Failure,
    private::{PrivateOptions, on_private_stack},
    stack::{Settings, Stack},
    terminal::{note, say},
    world,
};

/// Moves of points of each member that is seeded.
const ROWS_PER_MEMBER: u32 = 20;
/// How long the first sums may take before they are given up.
const PATIENCE: Duration = Duration::from_secs(1_200);
/// So long nothing was written down when all is.
const QUIET: Duration = Duration::from_secs(5);
const SEED: &str = include_str!("books/seed.sql");

/// Time `tamaru verify`, the first sums and the liability over a large ledger
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct BooksOptions {
    #[command(flatten)]
    private: PrivateOptions,
    /// Moves of points in the ledger
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u32).range(20..=1_000_000_000))]
    rows: u32,
    /// How often each is timed
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=100))]
    times: u32,
}

/// How many moments have sums once a worker has no more to write down, and how long it took.
async fn sums(owner: &Client) -> Result<(i64, f64), Failure> {
    let began = Instant::now();
    let (mut last, mut last_at) = (0, began);
    let count = "select count(distinct until) from ledger_sums";
    while began.elapsed() < PATIENCE {
        let moments: i64 = owner.query_one(count, &[]).await?.try_get(0)?;
        if moments > last {
            (last, last_at) = (moments, Instant::now());
        } else if last > 0 && last_at.elapsed() > QUIET {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok((last, last_at.duration_since(began).as_secs_f64()))
}

/// Does it all; true when nothing was found against the books.
pub(crate) async fn books(options: &BooksOptions) -> Result<bool, Failure> {
    on_private_stack(&options.private, Settings::default(), async |stack| {
        Box::pin(time(stack, options)).await
    })
    .await
}

fn program() -> Value {
    json!({
        "wallets": [{"code": world::WALLET, "name": "Points"}],
        "earn_rules": [{"code": "base", "wallet": world::WALLET,
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
    })
}

async fn time(stack: &Stack, options: &BooksOptions) -> Result<bool, Failure> {
    let tenant = world::make_one(&stack.url, &stack.operator_key, &program()).await?;
    let owner = stack.administrator().await?;
    let number = number_of(&owner, &tenant.id).await?.to_string();
    let members = options.rows.div_ceil(ROWS_PER_MEMBER).to_string();
    note(&format!("Seeding the books of {members} members"))?;
    let seed = SEED
        .replace("$tenant", &number)
        .replace("$members", &members);
    owner
        .batch_execute(&format!("begin; {seed} commit;"))
        .await?;
    for settle in ["vacuum analyze", "checkpoint"] {
        owner.batch_execute(settle).await?;
    }
    let count = "select count(*) from ledger_transfers";
    let rows: i64 = owner.query_one(count, &[]).await?.try_get(0)?;
    let mut worker = stack.work()?;
    let summed = sums(&owner).await;
    worker
        .kill()
        .await
        .map_err(Failure::io("stopping the worker"))?;
    let (moments, seconds) = summed?;
    say(&format!("first sums at {moments} moments: {seconds:.1} s"))?;
    let mut is_clean = true;
    for _ in 0..options.times {
        let began = Instant::now();
        is_clean &= stack.verify().await?;
        say(&format!(
            "verify over {rows} rows: {:.1} s",
            began.elapsed().as_secs_f64()
        ))?;
    }
    for _ in 0..options.times {
        let began = Instant::now();
        let told = world::read(&stack.url, &tenant, "/v1/liability").await?;
        let total = told.pointer("/wallets/0/outstanding/total");
        let total = total.and_then(Value::as_i64).unwrap_or_default();
        say(&format!(
            "liability of {total} points: {:.2} s",
            began.elapsed().as_secs_f64()
        ))?;
    }
    Ok(is_clean)
}
