//! What a run counts: latencies by kind of call, errors by status and code, and the numbers and
//! table made of them.

use std::{collections::BTreeMap, time::Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::{clock, failure::Failure, judge::Kind};

/// Latencies are kept from one microsecond to ten minutes with three significant digits.
const LATENCY_MAX_MICROS: u64 = 600_000_000;
/// Violations are counted without end but told only so often.
const VIOLATIONS_TOLD: usize = 20;

/// The counters of one run.
#[derive(Debug)]
pub(crate) struct Tally {
    window: Window,
    latencies: [Histogram<u64>; 3],
    refused: u64,
    errors: BTreeMap<String, u64>,
    repeats: BTreeMap<String, u64>,
    violations: u64,
    violations_told: Vec<String>,
    unknown: u64,
    per_second: Vec<u64>,
}

/// The measured part of a run, after the warm-up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// When measuring starts.
    pub(crate) starts_at: Instant,
    /// When no further call is sent.
    pub(crate) ends_at: Instant,
}

/// Rate and latencies of one kind of call.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct KindReport {
    /// `purchase`, `redeem` or `read`.
    pub(crate) kind: &'static str,
    /// Answers inside the measured window.
    pub(crate) count: u64,
    /// Answers per second.
    pub(crate) per_second: f64,
    /// Latencies in microseconds.
    pub(crate) latency_micros: Latencies,
}

/// The usual points of a latency distribution, in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Latencies {
    pub(crate) p50: u64,
    p90: u64,
    pub(crate) p99: u64,
    p99_9: u64,
    max: u64,
}

/// Everything that was counted, ready for a file or a table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TallyReport {
    /// Length of the measured window in seconds.
    pub(crate) seconds: f64,
    /// One entry for each kind that occurred.
    pub(crate) kinds: Vec<KindReport>,
    /// Latencies of all kinds together, in microseconds.
    pub(crate) latency_micros: Latencies,
    /// Redemptions refused for want of points: right answers, no errors.
    pub(crate) refused: u64,
    /// Answers that no well-behaved call should get, by status and code.
    pub(crate) errors: BTreeMap<String, u64>,
    /// Calls sent again with the same key, by cause.
    pub(crate) repeats: BTreeMap<String, u64>,
    /// Answers that contradict the program or an earlier answer.
    pub(crate) violations: u64,
    /// The first of them in words.
    pub(crate) violations_told: Vec<String>,
    /// Calls whose outcome was still unknown when patience ended.
    pub(crate) unknown: u64,
    /// Answers in each second of the window.
    pub(crate) answers_per_second: Vec<u64>,
}

impl Tally {
    /// Empty counters for a run with this window.
    pub(crate) fn new(window: Window) -> Result<Self, Failure> {
        let histogram = || Histogram::new_with_bounds(1, LATENCY_MAX_MICROS, 3);
        let made = || -> Result<_, hdrhistogram::CreationError> {
            Ok([histogram()?, histogram()?, histogram()?])
        };
        let latencies = made().map_err(|error| Failure::other(error.to_string()))?;
        Ok(Self {
            window,
            latencies,
            refused: 0,
            errors: BTreeMap::new(),
            repeats: BTreeMap::new(),
            violations: 0,
            violations_told: Vec::new(),
            unknown: 0,
            per_second: Vec::new(),
        })
    }

    /// An answer that counts as served; outside the window it is left out.
    pub(crate) fn served(&mut self, kind: Kind, began: Instant, ended: Instant) {
        if ended < self.window.starts_at || ended > self.window.ends_at {
            return;
        }
        let micros = clock::micros_between(began, ended).max(1);
        let position = Kind::ALL.iter().position(|known| *known == kind);
        if let Some(histogram) = position.and_then(|at| self.latencies.get_mut(at)) {
            histogram.saturating_record(micros);
        }
        let second = ended
            .saturating_duration_since(self.window.starts_at)
            .as_secs();
        let second = usize::try_from(second).unwrap_or_default();
        if self.per_second.len() <= second {
            self.per_second.resize(second.saturating_add(1), 0);
        }
        if let Some(count) = self.per_second.get_mut(second) {
            *count = count.saturating_add(1);
        }
    }

    /// A right refusal.
    pub(crate) fn refused(&mut self) {
        self.refused = self.refused.saturating_add(1);
    }

    /// A wrong answer.
    pub(crate) fn error(&mut self, name: String) {
        count(&mut self.errors, name);
    }

    /// Calls of an open loop that found the backlog full.
    pub(crate) fn not_sent(&mut self, calls: u64) {
        if calls > 0 {
            let name = "not sent: the backlog is full".to_owned();
            self.errors.insert(name, calls);
        }
    }

    /// A call that has to be sent again.
    pub(crate) fn repeat(&mut self, cause: String) {
        count(&mut self.repeats, cause);
    }

    /// An answer that can't be true.
    pub(crate) fn violation(&mut self, sentence: String) {
        self.violations = self.violations.saturating_add(1);
        if self.violations_told.len() < VIOLATIONS_TOLD {
            self.violations_told.push(sentence);
        }
    }

    /// A call given up without an answer.
    pub(crate) fn unknown(&mut self) {
        self.unknown = self.unknown.saturating_add(1);
    }

    /// The numbers so far.
    pub(crate) fn report(&self) -> TallyReport {
        let window = self.window;
        let seconds = window.ends_at.saturating_duration_since(window.starts_at);
        let seconds = seconds.as_secs_f64();
        let [first, ..] = &self.latencies;
        let mut together = Histogram::new_from(first);
        for histogram in &self.latencies {
            // All of them have the same bounds.
            together += histogram;
        }
        let kinds = Kind::ALL.iter().zip(&self.latencies);
        let kinds = kinds.filter(|(_, histogram)| !histogram.is_empty());
        TallyReport {
            seconds,
            kinds: kinds
                .map(|(kind, histogram)| kind_report(*kind, histogram, seconds))
                .collect(),
            latency_micros: latencies(&together),
            refused: self.refused,
            errors: self.errors.clone(),
            repeats: self.repeats.clone(),
            violations: self.violations,
            violations_told: self.violations_told.clone(),
            unknown: self.unknown,
            answers_per_second: self.per_second.clone(),
        }
    }
}

impl TallyReport {
    /// True when every call got a right answer in the end.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.is_empty() && self.violations == 0 && self.unknown == 0
    }

    /// Answers per second of one kind.
    pub(crate) fn rate(&self, kind: Kind) -> f64 {
        let found = self.kinds.iter().find(|report| report.kind == kind.name());
        found.map_or(0.0, |report| report.per_second)
    }

    /// A table for people.
    pub(crate) fn table(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{:<10} {:>10} {:>10} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "kind", "count", "per s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms"
        )];
        for report in &self.kinds {
            let Latencies {
                p50,
                p90,
                p99,
                p99_9,
                max,
            } = report.latency_micros;
            lines.push(format!(
                "{:<10} {:>10} {:>10.0} {:>9} {:>9} {:>9} {:>9} {:>9}",
                report.kind,
                report.count,
                report.per_second,
                millis(p50),
                millis(p90),
                millis(p99),
                millis(p99_9),
                millis(max),
            ));
        }
        let refused =
            (self.refused > 0).then(|| ("refused (too few points)".to_owned(), self.refused));
        let errors = self
            .errors
            .iter()
            .map(|(name, count)| (format!("ERROR {name}"), *count));
        let repeats = self
            .repeats
            .iter()
            .map(|(name, count)| (format!("repeated: {name}"), *count));
        let unknown = (self.unknown > 0).then(|| ("UNKNOWN at the end".to_owned(), self.unknown));
        let counts = refused
            .into_iter()
            .chain(errors)
            .chain(repeats)
            .chain(unknown);
        lines.extend(counts.map(|(name, count)| format!("{count:>10} {name}")));
        if self.violations > 0 {
            lines.push(format!("{:>10} VIOLATIONS, among them:", self.violations));
            lines.extend(
                self.violations_told
                    .iter()
                    .map(|sentence| format!("  {sentence}")),
            );
        }
        lines
    }
}

fn count(counters: &mut BTreeMap<String, u64>, name: String) {
    let counter = counters.entry(name).or_default();
    *counter = counter.saturating_add(1);
}

fn kind_report(kind: Kind, histogram: &Histogram<u64>, seconds: f64) -> KindReport {
    let count = histogram.len();
    KindReport {
        kind: kind.name(),
        count,
        per_second: ratio(count, seconds),
        latency_micros: latencies(histogram),
    }
}

fn latencies(histogram: &Histogram<u64>) -> Latencies {
    Latencies {
        p50: histogram.value_at_quantile(0.5),
        p90: histogram.value_at_quantile(0.9),
        p99: histogram.value_at_quantile(0.99),
        p99_9: histogram.value_at_quantile(0.999),
        max: histogram.max(),
    }
}

/// `count` by `seconds`; counts of a run are far below 2^32, where a float is still exact.
fn ratio(count: u64, seconds: f64) -> f64 {
    let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if seconds > 0.0 { count / seconds } else { 0.0 }
}

/// Milliseconds with two decimals.
pub(crate) fn millis(micros: u64) -> String {
    let (whole, rest) = (micros.div_euclid(1_000), micros.rem_euclid(1_000));
    format!("{whole}.{:02}", rest.div_euclid(10))
}
