//! What the process tells those who run it: JSON logs without personal data, and counters.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};
use tracing_subscriber::EnvFilter;

/// Names the variable that sets what is logged, as in `TAMARU_LOG=warn`.
pub const LOG_VARIABLE: &str = "TAMARU_LOG";

/// Upper bounds of the buckets of request durations, in seconds.
const DURATION_BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
];

/// One line of JSON per event on standard error. A second call changes nothing.
pub fn start_logging() {
    let filter =
        EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_unset| EnvFilter::new("info"));
    let logging = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
    if let Err(error) = logging {
        tracing::debug!(cause = %error, "logging was started before");
    }
}

/// What tells requests apart in counters: route templates, never paths, so that there are few.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The HTTP method.
    pub method: String,
    /// The route's template, for example `/v1/members/{id}`.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
}

/// Counters of the process; cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<RequestLabels, Counter>,
    durations: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Arc::new(Mutex::new(Registry::with_prefix("tamaru"))),
            requests: Family::default(),
            durations: Histogram::new(DURATION_BUCKETS),
        };
        metrics.add(
            "http_requests",
            "Answers by method, route and status",
            metrics.requests.clone(),
        );
        metrics.add(
            "http_request_duration_seconds",
            "Time from the request's head to its answer",
            metrics.durations.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// Show one more metric, under the prefix `tamaru_`.
    pub fn add(&self, name: &str, help: &str, metric: impl Metric) {
        self.registry
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .register(name, help, metric);
    }

    /// Count one answer.
    pub fn note_request(&self, labels: &RequestLabels, duration: Duration) {
        self.requests.get_or_create(labels).inc();
        self.durations.observe(duration.as_secs_f64());
    }

    /// Everything in the `OpenMetrics` text format.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        prometheus_client::encoding::text::encode(&mut text, &registry)?;
        Ok(text)
    }
}
