//! What the last looks at the books of all tenants found, as metrics of the whole service.

use std::fmt;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InvariantLabels {
    invariant: String,
}

/// The findings in the `OpenMetrics` text format, to stand at the end of others.
pub(super) fn text(found: Vec<(String, i64, i64)>) -> Result<String, fmt::Error> {
    let violations = Family::<InvariantLabels, Gauge>::default();
    let ages = Family::<InvariantLabels, Gauge>::default();
    for (invariant, count, age) in found {
        let labels = InvariantLabels { invariant };
        violations.get_or_create(&labels).set(count);
        ages.get_or_create(&labels).set(age);
    }
    let mut registry = Registry::with_prefix("tamaru");
    registry.register(
        "books_violations",
        "What speaks against an invariant of the books, over all tenants; anything but 0 needs a look with `tamaru verify`",
        violations,
    );
    registry.register(
        "books_check_age_seconds",
        "Since the last look at the books of the tenant that waited longest; a worker looks once a day",
        ages,
    );
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)?;
    Ok(text)
}
