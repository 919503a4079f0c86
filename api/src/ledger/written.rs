//! A receipt as text, written once: its hash says whether two are the same, and all but who bought is what is kept.

use std::ops::Range;

use domain::id::MemberId;
use domain::receipt::{MemberRef, Receipt};
use serde::ser::Error as _;
use serde_json::Error;
use uuid::Uuid;

use crate::idempotency::digest;
use crate::json;

/// What stands before the member, and before what follows it. Within a text its quotes would be escaped.
const MEMBER: &str = ",\"member\":";
const LINES: &str = ",\"lines\":";
/// More than a member takes that is named by its id.
const ROOM_FOR_AN_ID: usize = 64;

/// A receipt in its canonical form, so that white space and order of keys do not matter.
#[derive(Debug, Clone)]
pub struct WrittenReceipt {
    text: String,
    /// Where the member stands in it, as the till named it.
    member: Range<usize>,
}

impl WrittenReceipt {
    /// Write it.
    pub fn of(receipt: &Receipt) -> Result<Self, Error> {
        let text = json::text(receipt)?;
        let end = text
            .find(LINES)
            .ok_or_else(|| Error::custom("a receipt was written without its lines"))?;
        let head = text.get(..end).unwrap_or_default();
        let start = head.find(MEMBER).unwrap_or(end);
        Ok(Self {
            member: start..end,
            text,
        })
    }

    /// The hash of what was asked under `operation`.
    pub fn content(&self, operation: &str) -> Uuid {
        digest(&[operation.as_bytes(), self.text.as_bytes()])
    }

    /// What is kept: the member's id in place of whatever named the member, since nothing personal may stand there.
    pub(super) fn kept(&self, member: Option<MemberId>) -> Result<String, Error> {
        let mut kept = String::with_capacity(self.text.len().saturating_add(ROOM_FOR_AN_ID));
        kept.push_str(self.text.get(..self.member.start).unwrap_or_default());
        if let Some(member) = member {
            kept.push_str(MEMBER);
            kept.push_str(&serde_json::to_string(&MemberRef::Id(member))?);
        }
        kept.push_str(self.text.get(self.member.end..).unwrap_or_default());
        Ok(kept)
    }
}

#[cfg(test)]
mod tests;
