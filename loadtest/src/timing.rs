//! `loadtest timing`: whether the time of an answer tells what the answer does not. Calls of two kinds take turns on
//! one connection, in random order within each turn, so that whatever else goes on slows both alike.

mod pair;
mod statistics;

use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};

use self::pair::{Pair, PairName, Shop, Side};
use self::statistics::Comparison;
use crate::{
    connection::{Call, Connection},
    failure::Failure,
    private::{PrivateOptions, on_private_stack},
    stack::{Settings, Stack},
    terminal::{note, say},
};

/// Turns that are not measured, one in so many.
const WARM_UP_SHARE: u32 = 50;
/// Most that the median of one kind may be above that of the other, in microseconds and in hundredths of it; either suffices.
const MOST_MICROS: f64 = 20.0;
const MOST_PERCENT: f64 = 3.0;
/// Welch's t from which two kinds count as told apart.
const MOST_T: f64 = 4.5;

/// Compare the times of answers that must not differ
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct TimingOptions {
    #[command(flatten)]
    private: PrivateOptions,
    /// Calls of each pair, half of them of each kind
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(200..=1_000_000))]
    calls: u32,
    /// Only these, with commas
    #[arg(long, value_enum, value_delimiter = ',')]
    pairs: Vec<PairName>,
}

/// Does it all; true when no pair can be told apart.
pub(crate) async fn timing(options: &TimingOptions) -> Result<bool, Failure> {
    on_private_stack(&options.private, Settings::default(), async |stack| {
        Box::pin(compare_all(options, stack)).await
    })
    .await
}

async fn compare_all(options: &TimingOptions, stack: &Stack) -> Result<bool, Failure> {
    note("Making two tenants")?;
    let shop = Shop::open(stack).await?;
    let turns = options.calls.div_ceil(2);
    let warm_up = turns.div_ceil(WARM_UP_SHARE);
    let mut is_silent = true;
    for name in PairName::ALL {
        if !options.pairs.is_empty() && !options.pairs.contains(&name) {
            continue;
        }
        let pair = shop.pair(name, turns.saturating_add(warm_up)).await?;
        let comparison = measure(stack, &pair, turns, warm_up).await?;
        is_silent &= tell(name, &comparison)?;
    }
    Ok(is_silent)
}

/// Times both kinds of a pair in turns.
async fn measure(
    stack: &Stack,
    pair: &Pair,
    turns: u32,
    warm_up: u32,
) -> Result<Comparison, Failure> {
    let mut connection = Connection::new(stack.url.clone(), Duration::from_secs(30));
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let (mut one, mut other) = (Vec::new(), Vec::new());
    for turn in 0..turns.saturating_add(warm_up) {
        let is_swapped = random.random_range(0..2_u8) == 1;
        for is_second in [is_swapped, !is_swapped] {
            let (side, times) = match is_second {
                false => (&pair.one, &mut one),
                true => (&pair.other, &mut other),
            };
            let nanos = time(&mut connection, side, turn).await?;
            if turn >= warm_up {
                times.push(nanos);
            }
        }
    }
    Ok(Comparison::of(one, other))
}

/// Nanoseconds of one call.
async fn time(connection: &mut Connection, side: &Side, turn: u32) -> Result<u32, Failure> {
    let call: &Call = side.call(turn)?;
    let began = Instant::now();
    let reply = connection.send(call).await;
    let nanos = began.elapsed().as_nanos();
    let reply = reply.map_err(|none| Failure::other(none.name()))?;
    if reply.status != side.status {
        return Err(Failure::Refused {
            what: format!("{} {}", call.method.name(), call.path),
            status: reply.status,
            body: reply.excerpt(),
        });
    }
    Ok(u32::try_from(nanos).unwrap_or(u32::MAX))
}

/// A line of the result; true where nothing can be told by the time, or the answer itself tells more.
fn tell(name: PairName, found: &Comparison) -> Result<bool, Failure> {
    let is_near =
        found.difference_micros().abs() <= MOST_MICROS || found.percent().abs() <= MOST_PERCENT;
    let is_same = is_near && found.t.abs() < MOST_T;
    let verdict = match (is_same, name.is_told_by_the_answer()) {
        (true, _) => "the same",
        (false, true) => "different, as the answers are",
        (false, false) => "DIFFERENT",
    };
    say(&format!(
        "{}: medians {:.1} and {:.1} us, difference {:+.1} us ({:+.2} %), t {:+.2} over {} and {} of {} calls: {verdict}",
        name.description(),
        found.one_micros,
        found.other_micros,
        found.difference_micros(),
        found.percent(),
        found.t,
        found.kept.0,
        found.kept.1,
        found.calls,
    ))?;
    Ok(is_same || name.is_told_by_the_answer())
}
