//! What the last looks at the books of all tenants found, as metrics of the whole service.

use std::fmt;

use diesel::sql_types::{BigInt, Text};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::db::{ControlConn, DbError};
use crate::statement;

statement! {
    /// By invariant: what speaks against it, and for how many seconds nobody looked at the tenant that waited longest.
    control BookChecks = "select invariant, sum(violations)::bigint,
            extract(epoch from clock_timestamp() - min(checked_at))::bigint
        from book_checks group by invariant order by invariant";
    {}
    -> { String => Text, i64 => BigInt, i64 => BigInt }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InvariantLabels {
    invariant: String,
}

/// What was found, by invariant.
pub(super) async fn found(on: &ControlConn) -> Result<Vec<(String, i64, i64)>, DbError> {
    BookChecks {}.all(on).await
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
