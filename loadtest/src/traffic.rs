//! Drives the tills: closed loop (each sends its next call after the answer) or open loop (calls
//! are due at times that don't wait for answers, and a late start counts as latency).

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use tokio::time::sleep;

use self::arrivals::Arrivals;
pub(crate) use self::mix::Mix;
use crate::{
    clock,
    connection::{Call, Connection, Method, ServerAddress},
    failure::Failure,
    journal::{Acknowledged, JournalWriter, Unknown},
    judge::{Accepted, Expectation, Kind, Verdict, judge},
    receipt::{self, Catalogue, Till},
    tally::{Tally, TallyReport, Window},
    world::{Member, World},
};

mod arrivals;
mod mix;

/// Points of a redemption: small enough that most members can pay.
const REDEEM_MAX_POINTS: i64 = 50;
/// Pause before a call is sent again.
const REPEAT_AFTER: Duration = Duration::from_millis(200);

/// How to drive the tills.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TrafficOptions {
    /// Keep-alive connections, one per simulated till
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=20_000))]
    pub(crate) clients: u32,
    /// Measured time
    #[arg(long, default_value_t = 60)]
    pub(crate) seconds: u64,
    /// Time before measuring starts, in seconds
    #[arg(long, default_value_t = 3)]
    pub(crate) warmup: u64,
    /// Weights of the kinds of calls
    #[arg(long, default_value = "purchase=100,redeem=0,read=0")]
    pub(crate) mix: Mix,
    /// Open loop: calls per second, arriving at random times that don't wait for answers
    #[arg(long)]
    pub(crate) rate: Option<f64>,
    /// Reads ask for at least the version already seen, and older answers are violations
    #[arg(long)]
    pub(crate) fresh_reads: bool,
    /// Longest wait for one answer, in seconds
    #[arg(long, default_value_t = 10)]
    pub(crate) timeout: u64,
    /// How long a call without a known outcome is repeated, in seconds
    #[arg(long, default_value_t = 60)]
    pub(crate) patience: u64,
    /// Start of the random choices
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

/// Drives the tills for the given time and returns what was counted. All answers are awaited.
pub(crate) async fn drive(
    address: &ServerAddress,
    world: &Arc<World>,
    options: &TrafficOptions,
    journal: Option<&Arc<JournalWriter>>,
) -> Result<TallyReport, Failure> {
    let starts_at = Instant::now()
        .checked_add(Duration::from_secs(options.warmup))
        .ok_or_else(|| Failure::other("--warmup is too long"))?;
    let ends_at = starts_at
        .checked_add(Duration::from_secs(options.seconds))
        .ok_or_else(|| Failure::other("--seconds is too long"))?;
    let window = Window { starts_at, ends_at };
    let run = Arc::new(Run {
        world: Arc::clone(world),
        options: options.clone(),
        journal: journal.map(Arc::clone),
        window,
        tally: Mutex::new(Tally::new(window)?),
        catalogue: Catalogue::new(&mut Xoshiro256PlusPlus::seed_from_u64(options.seed)),
        arrivals: options.rate.map(|_rate| Arrivals::default()),
        series: clock::run_mark(),
    });
    let mut tasks = Vec::new();
    for number in 0..options.clients {
        tasks.push(tokio::spawn(Client::new(&run, address, number).run()));
    }
    if let Some((arrivals, rate)) = run.arrivals.as_ref().zip(options.rate) {
        let left_out = arrivals.announce(rate, options.seed, ends_at).await;
        run.tally().not_sent(left_out);
        arrivals.close(Duration::from_secs(options.patience)).await;
    }
    for task in tasks {
        task.await
            .map_err(|error| Failure::other(error.to_string()))?;
    }
    Ok(run.tally().report())
}

/// What all tills of a run share.
struct Run {
    world: Arc<World>,
    options: TrafficOptions,
    journal: Option<Arc<JournalWriter>>,
    window: Window,
    tally: Mutex<Tally>,
    catalogue: Catalogue,
    arrivals: Option<Arrivals>,
    /// Sets the keys of this run apart from those of an earlier run over the same world.
    series: String,
}

impl Run {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When the next call of a till begins; nothing when the run is over.
    async fn next_start(&self) -> Option<Instant> {
        if let Some(arrivals) = &self.arrivals {
            return arrivals.take().await;
        }
        let now = Instant::now();
        (now < self.window.ends_at).then_some(now)
    }
}

/// A till.
struct Client {
    run: Arc<Run>,
    connection: Connection,
    random: Xoshiro256PlusPlus,
    number: usize,
    sent: u64,
}

/// A call on its way, with what is needed to judge and record its answer.
struct Attempt {
    call: Call,
    expected: Expectation,
    member: usize,
    began: Instant,
}

impl Client {
    fn new(run: &Arc<Run>, address: &ServerAddress, number: u32) -> Self {
        let limit = Duration::from_secs(run.options.timeout);
        let seed = run
            .options
            .seed
            .wrapping_mul(1_000_003)
            .wrapping_add(u64::from(number));
        Self {
            run: Arc::clone(run),
            connection: Connection::new(address.clone(), limit),
            random: Xoshiro256PlusPlus::seed_from_u64(seed),
            number: usize::try_from(number).unwrap_or_default(),
            sent: 0,
        }
    }

    async fn run(mut self) {
        let run = Arc::clone(&self.run);
        while let Some(began) = run.next_start().await {
            let position = self.random.random_range(0..run.world.members.len().max(1));
            let Some(member) = run.world.members.get(position) else {
                return;
            };
            let Some(attempt) = self.compose(member, position, began) else {
                run.tally()
                    .error("not sent: the call could not be built".to_owned());
                return;
            };
            self.settle(member, attempt).await;
        }
    }

    fn compose(&mut self, member: &Member, position: usize, began: Instant) -> Option<Attempt> {
        let kind = self.run.options.mix.pick(&mut self.random);
        self.sent = self.sent.saturating_add(1);
        let version_seen = member.version_seen.load(Ordering::Relaxed);
        let tenant = self.run.world.tenants.get(member.tenant)?;
        let till = Till {
            mark: &self.run.series,
            number: self.number,
            receipt: self.sent,
        };
        let key = format!("{}-{}-{}", till.mark, till.number, till.receipt);
        let mut version_floor = version_seen;
        let (path, body, points) = match kind {
            Kind::Purchase => {
                let receipt = self.run.catalogue.purchase(&mut self.random, till, member);
                (Cow::Borrowed("/v1/purchases"), receipt.body, receipt.points)
            }
            Kind::Redeem => {
                let points = self.random.random_range(1..=REDEEM_MAX_POINTS);
                let body = receipt::redemption(member, points);
                (Cow::Borrowed("/v1/redemptions"), body, -points)
            }
            Kind::Read if self.run.options.fresh_reads => {
                let path = format!("{}?min_version={version_seen}", member.balances);
                (Cow::Owned(path), String::new(), 0)
            }
            Kind::Read => {
                // A plain read may be a little stale by contract, so no version binds it.
                version_floor = 0;
                (Cow::Owned(member.balances.clone()), String::new(), 0)
            }
        };
        let is_read = kind == Kind::Read;
        Some(Attempt {
            call: Call {
                method: if is_read { Method::Get } else { Method::Post },
                path,
                secret: Arc::clone(&tenant.secret),
                key: (!is_read).then_some(key),
                body,
            },
            expected: Expectation {
                kind,
                points,
                version_floor,
            },
            member: position,
            began,
        })
    }

    /// Sends the call until its outcome is known or patience ends.
    async fn settle(&mut self, member: &Member, attempt: Attempt) {
        let sent_at = Instant::now();
        let patience = Duration::from_secs(self.run.options.patience);
        loop {
            let verdict = match self.connection.send(&attempt.call).await {
                Ok(reply) => judge(&reply, &attempt.expected),
                Err(none) => Verdict::Repeat(none.name().to_owned()),
            };
            let Verdict::Repeat(cause) = verdict else {
                self.record(member, &attempt, sent_at, verdict);
                return;
            };
            self.run.tally().repeat(cause);
            if sent_at.elapsed() > patience {
                self.give_up(&attempt, sent_at);
                return;
            }
            sleep(REPEAT_AFTER).await;
        }
    }

    fn record(&self, member: &Member, attempt: &Attempt, sent_at: Instant, verdict: Verdict) {
        let ended = Instant::now();
        let kind = attempt.expected.kind;
        let accepted = match verdict {
            Verdict::Accepted(accepted) => accepted,
            Verdict::Violation(accepted, sentence) => {
                let sentence = format!("{} of {}: {sentence}", kind.name(), member.id);
                self.run.tally().violation(sentence);
                accepted
            }
            Verdict::Refused => {
                let mut tally = self.run.tally();
                tally.refused();
                tally.served(kind, attempt.began, ended);
                return;
            }
            Verdict::Error(name) | Verdict::Repeat(name) => {
                let name = format!("{} {name}", kind.name());
                self.run.tally().error(name);
                return;
            }
        };
        member
            .version_seen
            .fetch_max(accepted.version, Ordering::Relaxed);
        self.run.tally().served(kind, attempt.began, ended);
        if kind != Kind::Read {
            self.write_acknowledged(attempt, accepted, sent_at, ended);
        }
    }

    fn write_acknowledged(
        &self,
        attempt: &Attempt,
        accepted: Accepted,
        sent_at: Instant,
        ended: Instant,
    ) {
        let Some(journal) = &self.run.journal else {
            return;
        };
        journal.acknowledged(&Acknowledged {
            member: attempt.member,
            version: accepted.version,
            points: attempt.expected.points,
            available: accepted.available,
            sent_micros: journal.micros(sent_at),
            answered_micros: journal.micros(ended),
            key: attempt.key_text(),
        });
    }

    fn give_up(&self, attempt: &Attempt, sent_at: Instant) {
        if attempt.expected.kind == Kind::Read {
            self.run.tally().error("read without an answer".to_owned());
            return;
        }
        self.run.tally().unknown();
        let Some(journal) = &self.run.journal else {
            return;
        };
        journal.unknown(&Unknown {
            member: attempt.member,
            points: attempt.expected.points,
            sent_micros: journal.micros(sent_at),
            key: attempt.key_text(),
            path: attempt.call.path.to_string(),
            body: attempt.call.body.clone(),
        });
    }
}

impl Attempt {
    fn key_text(&self) -> String {
        self.call.key.clone().unwrap_or_default()
    }
}
