//! When and where a member agreed to something, or took it back: the proof that a retailer is asked for.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::{ApiKeyId, MemberId};
use jiff::Timestamp;

use super::record::expect;
use super::store::InsertConsentChanges;
use crate::db::{DbError, TenantConn};

/// Where consents were given, and who says so.
#[derive(Debug, Clone)]
pub(super) struct Given {
    /// In the retailer's own words, e.g. the name of a form.
    pub(super) source: Option<String>,
    /// The key that brought them.
    pub(super) actor: ApiKeyId,
}

/// A member's revision and the time from which it counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) member: MemberId,
    pub(super) revision: i64,
    pub(super) now: Timestamp,
}

/// What differs; none = it is not spoken of any more.
fn changes(
    before: &BTreeMap<String, bool>,
    after: &BTreeMap<String, bool>,
) -> Vec<(String, Option<bool>)> {
    let all: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = all
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name));
    differs
        .map(|name| (name.clone(), after.get(name).copied()))
        .collect()
}

/// Keep every consent that changed, in the transaction of the change.
pub(super) async fn keep(
    tx: &TenantConn,
    at: At,
    given: &Given,
    (before, after): (&BTreeMap<String, bool>, &BTreeMap<String, bool>),
) -> Result<(), DbError> {
    let changed = changes(before, after);
    if changed.is_empty() {
        return Ok(());
    }
    let count = changed.len();
    let (consent, granted) = changed.into_iter().unzip();
    let insert = InsertConsentChanges {
        tenant: tx.number(),
        member: at.member.uuid(),
        revision: at.revision,
        source: given.source.clone(),
        recorded_at: at.now.into(),
        actor: given.actor.uuid(),
        consent,
        granted,
    };
    expect(insert.run(tx).await?, count)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::changes;

    #[test]
    fn only_what_changed_is_kept() {
        let consents = |all: &[(&str, bool)]| -> BTreeMap<String, bool> {
            all.iter()
                .map(|(name, is)| ((*name).to_owned(), *is))
                .collect()
        };
        let before = consents(&[("calls", true), ("letters", true), ("mail", false)]);
        let after = consents(&[("calls", false), ("letters", true), ("push", true)]);
        let expected = [
            ("calls".to_owned(), Some(false)),
            ("mail".to_owned(), None),
            ("push".to_owned(), Some(true)),
        ];
        assert_eq!(changes(&before, &after), expected);
        assert_eq!(changes(&after, &after), []);
    }
}
