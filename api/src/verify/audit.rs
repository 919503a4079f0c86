//! Computes every hash of the audit logs once more: an entry that was changed, put in or taken out breaks its chain.

use secrecy::SecretString;
use tokio::runtime::Handle;

use super::store::{AuditEntriesAfter, AuditHead, TenantNumbers};
use super::{Finding, SHOWN};
use crate::audit::{FIRST_HASH, Link};
use crate::db::{Db, DbError, TenantConn, TenantNumber};

/// Entries that are read at once.
const AT_ONCE: i64 = 1_000;

const NOTHING: Finding = Finding {
    invariant: "I30",
    promise: "No entry of an audit log was changed, put in or taken out",
    violations: 0,
    examples: Vec::new(),
};

/// Prove the log of every tenant.
pub(super) async fn finding(owner_url: &SecretString) -> Result<Finding, DbError> {
    let db = Db::new(owner_url, 1, Handle::current())?;
    let control = db.control().await?;
    let tenants = (TenantNumbers {}).all(&control).await?;
    control.commit().await?;
    let mut finding = NOTHING;
    for (tenant,) in tenants {
        let tx = db.snapshot(TenantNumber(tenant)).await?;
        let found = finding_of(&tx).await?;
        tx.commit().await?;
        finding.violations = finding.violations.saturating_add(found.violations);
        finding.examples.extend(found.examples);
        finding.examples.truncate(SHOWN);
    }
    Ok(finding)
}

/// Prove the log of one tenant.
pub(super) async fn finding_of(tx: &TenantConn) -> Result<Finding, DbError> {
    let mut finding = NOTHING;
    if let Some(what) = broken(tx).await? {
        finding.violations = 1;
        finding.examples.push((tx.number(), what));
    }
    Ok(finding)
}

/// Where the chain of a tenant breaks first.
async fn broken(tx: &TenantConn) -> Result<Option<String>, DbError> {
    let tenant = tx.number();
    let (mut last, mut hash) = (0_i64, FIRST_HASH.to_vec());
    loop {
        let some = AuditEntriesAfter {
            tenant,
            after: last,
            limit: AT_ONCE,
        };
        let some = some.all(tx).await?;
        if some.is_empty() {
            break;
        }
        for row in some {
            let (number, recorded_at, action, subject, actor, key, partner, before, after, p, h) =
                row;
            let link = Link {
                number,
                recorded_at: recorded_at.into(),
                action,
                subject,
                actor,
                key,
                partner,
                before,
                after,
            };
            if number != last.saturating_add(1) {
                let missing = last.saturating_add(1);
                return Ok(Some(format!("entry {missing} of the audit log is gone")));
            }
            if p != hash || h != link.hash(&hash) {
                return Ok(Some(format!("entry {number} of the audit log was changed")));
            }
            (last, hash) = (number, h);
        }
    }
    let head = AuditHead { tenant }.all(tx).await?.pop();
    let head = head.unwrap_or_else(|| (0, FIRST_HASH.to_vec()));
    if head == (last, hash) {
        return Ok(None);
    }
    let (number, _) = head;
    let what = format!("the audit log ends with entry {last} instead of {number}");
    Ok(Some(what))
}
