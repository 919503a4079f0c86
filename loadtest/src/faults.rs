//! `loadtest faults`: a receiver of webhooks is down while very many events wait for it. Callers must not notice, and
//! once it is back everything has to arrive, and fast.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::time::sleep;
use tokio_postgres::Client;

use crate::{
    connection::{Connection, Method},
    failure::Failure,
    private::{PrivateOptions, on_private_stack},
    receiver::Receiver,
    stack::{Settings, Stack, free_address},
    tally::{TallyReport, millis},
    terminal::{note, say},
    traffic::{Mix, TrafficOptions, drive},
    world::{self, MemberReference, World, WorldOptions},
};

/// What has to arrive in a second once the receiver is back.
const LEAST_PER_SECOND: f64 = 500.0;
/// How much the p99 of callers may grow while events wait, beside what it differs by anyway.
const MOST: f64 = 1.05;
/// Nothing more arrives: what did not come by then is lost.
const PATIENCE: Duration = Duration::from_secs(60);
/// Seconds of closed-loop traffic at a time, to make events.
const FILL_SECONDS: u64 = 3;

/// Let events wait for a receiver that is down, measure the callers meanwhile, and count what arrives afterwards
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct FaultsOptions {
    #[command(flatten)]
    private: PrivateOptions,
    /// Events that wait
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    events: u32,
    /// Purchases per second while callers are measured
    #[arg(long, default_value_t = 500.0)]
    rate: f64,
    /// Length of each measurement
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Measurements before, while and after, taken in turns within each
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
}

/// The tenant that wants to hear of everything.
struct Subject<'a> {
    stack: &'a Stack,
    world: Arc<World>,
    owner: Client,
}

/// Does it all; true when callers noticed nothing and nothing was lost.
pub(crate) async fn faults(options: &FaultsOptions) -> Result<bool, Failure> {
    let address = free_address()?;
    let settings = Settings {
        webhook_allow: Some(address.clone()),
        ..Settings::default()
    };
    on_private_stack(&options.private, settings, async |stack| {
        Box::pin(down_and_up(options, stack, Receiver::at(address))).await
    })
    .await
}

async fn down_and_up(
    options: &FaultsOptions,
    stack: &Stack,
    mut receiver: Receiver,
) -> Result<bool, Failure> {
    let subject = Subject::make(stack, &receiver).await?;
    let mut worker = stack.work()?;
    let mut outcome = Box::pin(measured(options, &subject, &mut receiver)).await;
    let stopped = worker.kill().await;
    stopped.map_err(Failure::io("stopping the worker"))?;
    if let Ok(is_right) = &mut outcome {
        *is_right &= stack.verify().await?;
    }
    outcome
}

async fn measured(
    options: &FaultsOptions,
    subject: &Subject<'_>,
    receiver: &mut Receiver,
) -> Result<bool, Failure> {
    let listed = |reports: &[TallyReport]| -> Vec<u64> {
        reports
            .iter()
            .map(|report| report.latency_micros.p99)
            .collect()
    };
    receiver.up().await?;
    let mut quiet = subject.measure(options, 0).await?;
    subject.drained(receiver).await?;
    receiver.down().await;
    note("The receiver is down; making events")?;
    let began = Instant::now();
    let waiting = subject.fill(i64::from(options.events)).await?;
    say(&format!(
        "{waiting} events wait, made within {:.0} s",
        began.elapsed().as_secs_f64()
    ))?;
    let loud = subject.measure(options, 1).await?;
    let waiting = subject.waiting().await?;
    let rate = subject.drain(receiver, waiting).await?;
    quiet.extend(subject.measure(options, 2).await?);
    subject.drained(receiver).await?;
    let told = subject.events().await?;
    let (arrived, messages) = {
        let arrived = receiver.arrived();
        (
            i64::try_from(arrived.ids.len()).unwrap_or(i64::MAX),
            arrived.messages,
        )
    };
    let lost = told.saturating_sub(arrived);
    let is_clean = quiet.iter().chain(&loud).all(TallyReport::is_clean);
    let (before, meanwhile) = (middle(listed(&quiet)), middle(listed(&loud)));
    let whole = |micros: u64| f64::from(u32::try_from(micros).unwrap_or(u32::MAX));
    let ratio = whole(meanwhile) / whole(before).max(1.0);
    let spread = |reports: &[TallyReport]| {
        let all: Vec<String> = listed(reports).into_iter().map(millis).collect();
        all.join(", ")
    };
    say(&format!(
        "p99 without events that wait: {} ms; with them: {} ms; medians {ratio:.2}",
        spread(&quiet),
        spread(&loud)
    ))?;
    say(&format!(
        "drained at {rate:.0}/s of at least {LEAST_PER_SECOND:.0}/s; {told} events, {arrived} arrived in {messages} messages, {lost} lost"
    ))?;
    Ok(is_clean && lost == 0 && rate >= LEAST_PER_SECOND && ratio <= MOST)
}

fn middle(mut all: Vec<u64>) -> u64 {
    all.sort_unstable();
    all.get(all.len().div_euclid(2))
        .copied()
        .unwrap_or_default()
}

impl<'a> Subject<'a> {
    async fn make(stack: &'a Stack, receiver: &Receiver) -> Result<Self, Failure> {
        note("Making the tenant")?;
        let options = WorldOptions {
            tenants: 1,
            members: 5_000,
            member_by: MemberReference::Id,
            setup_clients: 16,
        };
        let world = world::make(&stack.url, &stack.operator_key, &options).await?;
        let endpoint = json!({"url": receiver.url(), "events": ["purchase.recorded"]});
        let tenant = world.tenants.first();
        let tenant = tenant.ok_or_else(|| Failure::other("a world needs at least one tenant"))?;
        let mut connection = Connection::new(stack.url.clone(), PATIENCE);
        let (secret, path) = (Arc::clone(&tenant.secret), "/v1/webhook-endpoints");
        world::ask(
            &mut connection,
            &secret,
            Method::Post,
            path,
            Some(&endpoint),
        )
        .await?;
        Ok(Self {
            stack,
            world: Arc::new(world),
            owner: stack.administrator().await?,
        })
    }

    /// Calls at an even pace, several times.
    async fn measure(
        &self,
        options: &FaultsOptions,
        place: u64,
    ) -> Result<Vec<TallyReport>, Failure> {
        let mut reports = Vec::new();
        for round in 0..u64::from(options.rounds) {
            let traffic = TrafficOptions {
                clients: 64,
                seconds: options.seconds,
                warmup: 1,
                mix: Mix::PURCHASES,
                rate: Some(options.rate),
                fresh_reads: false,
                timeout: 10,
                patience: 30,
                seed: place.saturating_mul(100).saturating_add(round),
            };
            reports.push(drive(&self.stack.url, &self.world, &traffic, None).await?);
        }
        Ok(reports)
    }

    /// Sells as fast as it goes until so many events wait; how many do.
    async fn fill(&self, wanted: i64) -> Result<i64, Failure> {
        let mut seed = 1_000;
        loop {
            let waiting = self.waiting().await?;
            if waiting >= wanted {
                return Ok(waiting);
            }
            seed += 1;
            let traffic = TrafficOptions {
                clients: 64,
                seconds: FILL_SECONDS,
                warmup: 0,
                mix: Mix::PURCHASES,
                rate: None,
                fresh_reads: false,
                timeout: 10,
                patience: 30,
                seed,
            };
            let sold = drive(&self.stack.url, &self.world, &traffic, None).await?;
            if !sold.is_clean() {
                return Err(Failure::other("events could not be made"));
            }
        }
    }

    async fn number(&self, query: &str) -> Result<i64, Failure> {
        Ok(self.owner.query_one(query, &[]).await?.try_get(0)?)
    }

    /// Events that did not arrive yet.
    async fn waiting(&self) -> Result<i64, Failure> {
        let query = "select (select count(*) from outbox where not is_dispatched)
            + (select count(*) from webhook_deliveries where status <> 'delivered')";
        self.number(query).await
    }

    async fn events(&self) -> Result<i64, Failure> {
        self.number("select count(*) from outbox where type = 'purchase.recorded'")
            .await
    }

    /// The receiver is back: how many arrive in a second, from the first to the last. The pause of the endpoint is
    /// ended, which would last up to ten minutes.
    async fn drain(&self, receiver: &mut Receiver, waiting: i64) -> Result<f64, Failure> {
        let before = receiver.arrived().messages;
        receiver.up().await?;
        let hurry = "update webhook_endpoints set paused_until = null;
            update webhook_deliveries set next_attempt_at = now() where status = 'pending' and next_attempt_at > now()";
        self.owner.batch_execute(hurry).await?;
        note("The receiver is back")?;
        while receiver.arrived().messages == before {
            sleep(Duration::from_millis(10)).await;
        }
        let began = Instant::now();
        self.drained(receiver).await?;
        let ended = receiver.arrived().latest.unwrap_or(began);
        let seconds = ended.saturating_duration_since(began).as_secs_f64();
        let waiting = f64::from(u32::try_from(waiting).unwrap_or(u32::MAX));
        say(&format!(
            "{waiting:.0} events arrived within {seconds:.1} s"
        ))?;
        Ok(waiting / seconds.max(0.001))
    }

    /// Waits until nothing waits, or nothing more arrives.
    async fn drained(&self, receiver: &Receiver) -> Result<(), Failure> {
        let began = Instant::now();
        while self.waiting().await? > 0 {
            let latest = receiver.arrived().latest.unwrap_or(began).max(began);
            if latest.elapsed() > PATIENCE {
                return Err(Failure::other("events wait, and none arrives"));
            }
            sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }
}
