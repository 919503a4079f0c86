//! `loadtest flood`: what one tenant that sends fifty times its share costs the others. They send at their own pace;
//! quiet and flooded phases take turns, so that whatever else goes on slows both alike.

mod kind;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{task::JoinHandle, time::sleep_until};

use self::kind::Wave;
use crate::{
    connection::{Connection, ServerAddress},
    failure::Failure,
    private::{PrivateOptions, on_private_stack},
    stack::{Settings, Stack},
    tally::{TallyReport, millis},
    terminal::{note, say},
    traffic::{TrafficOptions, drive},
    world::{self, MemberReference, World, WorldOptions},
};

/// Connections of the flooding tenant.
const FLOODERS: u32 = 32;
/// Tills of the others: more than they need, so that none waits for a free one.
const TILLS: u32 = 64;
/// Members of each tenant.
const MEMBERS_EACH: u32 = 100;
/// What the others' p99 may grow to.
const MOST: f64 = 1.5;
/// Before each phase, in seconds: what the phase before left behind drains.
const SETTLE: u64 = 1;

/// Flood a private service as one tenant and measure what the others notice
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct FloodOptions {
    #[command(flatten)]
    private: PrivateOptions,
    /// Tenants that go on as always
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    neighbours: u32,
    /// Calls per second of each of them: the share
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    share: u32,
    /// The flooding tenant sends so many times its share
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    times: u32,
    /// Length of one phase
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// A quiet and a flooded phase each
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// Requests that a tenant may send per second; 0: no limit, so that only queue shares protect the others
    #[arg(long, default_value_t = 600)]
    rate_limit: u32,
}

/// What the flooding tenant was answered: status by count.
type Answers = BTreeMap<String, u64>;

/// One round of a wave.
struct Round {
    quiet: TallyReport,
    flooded: TallyReport,
    answers: Answers,
}

/// Does it all; true when nobody else noticed more than is allowed.
pub(crate) async fn flood(options: &FloodOptions) -> Result<bool, Failure> {
    let settings = Settings {
        rate_limit: Some(options.rate_limit),
        ..Settings::default()
    };
    on_private_stack(&options.private, settings, async |stack| {
        Box::pin(waves(options, stack)).await
    })
    .await
}

async fn waves(options: &FloodOptions, stack: &Stack) -> Result<bool, Failure> {
    let world = |tenants: u32| WorldOptions {
        tenants,
        members: tenants.saturating_mul(MEMBERS_EACH),
        member_by: MemberReference::Id,
        setup_clients: 16,
    };
    note("Making the tenants")?;
    let (url, key) = (&stack.url, &stack.operator_key);
    let others = Arc::new(world::make(url, key, &world(options.neighbours)).await?);
    let flooder = Arc::new(world::make(url, key, &world(1)).await?);
    say(&format!(
        "{} tenants with {} calls/s each, one with {}; limit {}/s",
        options.neighbours,
        options.share,
        options.share.saturating_mul(options.times),
        options.rate_limit
    ))?;
    let mut is_fair = true;
    for wave in Wave::ALL {
        let mut rounds = Vec::new();
        for number in 0..options.rounds {
            let traffic = traffic(options, u64::from(number));
            let quiet = drive(url, &others, &traffic, None).await?;
            let flooding = Flooding::begin(options, wave, url, &flooder);
            let flooded = drive(url, &others, &traffic, None).await?;
            let answers = flooding.end().await?;
            rounds.push(Round {
                quiet,
                flooded,
                answers,
            });
        }
        is_fair &= tell(wave, &rounds)?;
    }
    Ok(is_fair)
}

fn traffic(options: &FloodOptions, seed: u64) -> TrafficOptions {
    let calls = options.neighbours.saturating_mul(options.share);
    TrafficOptions {
        clients: TILLS,
        seconds: options.seconds,
        warmup: SETTLE,
        mix: kind::OTHERS,
        rate: Some(f64::from(calls)),
        fresh_reads: false,
        timeout: 10,
        patience: 10,
        seed,
    }
}

/// The flooding tenant at work.
struct Flooding {
    tasks: Vec<JoinHandle<Answers>>,
    ends: tokio::sync::watch::Sender<bool>,
}

impl Flooding {
    fn begin(options: &FloodOptions, wave: Wave, url: &ServerAddress, world: &Arc<World>) -> Self {
        let (ends, over) = tokio::sync::watch::channel(false);
        let calls = options.share.saturating_mul(options.times).max(1);
        let gap = Duration::from_secs(u64::from(FLOODERS)).div_f64(f64::from(calls));
        let task = |number: u32| {
            let connection = Connection::new(url.clone(), Duration::from_secs(10));
            let world = Arc::clone(world);
            let first = gap.div_f64(f64::from(FLOODERS)).saturating_mul(number);
            tokio::spawn(send(
                connection,
                world,
                (wave, number),
                (first, gap),
                over.clone(),
            ))
        };
        Self {
            tasks: (0..FLOODERS).map(task).collect(),
            ends,
        }
    }

    async fn end(self) -> Result<Answers, Failure> {
        self.ends.send_replace(true);
        let mut all = Answers::new();
        for task in self.tasks {
            let answers = task.await;
            for (name, count) in answers.map_err(|error| Failure::other(error.to_string()))? {
                let counter = all.entry(name).or_default();
                *counter = counter.saturating_add(count);
            }
        }
        Ok(all)
    }
}

/// One connection's part: a call each `gap`, whatever was answered.
async fn send(
    mut connection: Connection,
    world: Arc<World>,
    (wave, number): (Wave, u32),
    (first, gap): (Duration, Duration),
    over: tokio::sync::watch::Receiver<bool>,
) -> Answers {
    let (mut answers, mut due) = (Answers::new(), Instant::now());
    let mut calls = kind::Calls::new(wave, number);
    due += first;
    while !*over.borrow() {
        sleep_until(due.into()).await;
        due += gap;
        let Some(call) = calls.next(&world) else {
            return answers;
        };
        let name = match connection.send(&call).await {
            Ok(reply) => reply.status.to_string(),
            Err(none) => none.name().to_owned(),
        };
        let counter = answers.entry(name).or_default();
        *counter = counter.saturating_add(1);
    }
    answers
}

/// The middle one of the rounds' ratios decides.
fn tell(wave: Wave, rounds: &[Round]) -> Result<bool, Failure> {
    say(&format!("{}:", wave.name()))?;
    let mut ratios = Vec::new();
    let mut is_clean = true;
    for round in rounds {
        let (quiet, flooded) = (round.quiet.latency_micros, round.flooded.latency_micros);
        let whole = |micros: u64| f64::from(u32::try_from(micros).unwrap_or(u32::MAX));
        let ratio = whole(flooded.p99) / whole(quiet.p99).max(1.0);
        ratios.push(ratio);
        let is_right = |report: &TallyReport| report.is_clean() && report.repeats.is_empty();
        is_clean &= is_right(&round.quiet) && is_right(&round.flooded);
        say(&format!(
            "  p50 {} -> {} ms, p99 {} -> {} ms ({ratio:.2}); the flood was answered {:?}",
            millis(quiet.p50),
            millis(flooded.p50),
            millis(quiet.p99),
            millis(flooded.p99),
            round.answers
        ))?;
        for report in [&round.quiet, &round.flooded]
            .into_iter()
            .filter(|report| !is_right(report))
        {
            say(&format!(
                "  ERRORS {:?} repeated {:?}",
                report.errors, report.repeats
            ))?;
        }
    }
    ratios.sort_by(f64::total_cmp);
    let middle = ratios
        .get(ratios.len().div_euclid(2))
        .copied()
        .unwrap_or(f64::MAX);
    say(&format!(
        "  median {middle:.2} of at most {MOST}, errors of others: {}",
        if is_clean { "none" } else { "SOME" }
    ))?;
    Ok(is_clean && middle <= MOST)
}
