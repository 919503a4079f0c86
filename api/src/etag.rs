//! Versions of things that several people change: the tag out, and the condition in, so that
//! nobody overwrites what they have not seen.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ETAG, HeaderName, IF_MATCH};
use actix_web::{FromRequest, HttpRequest};

use crate::problem::{Problem, ProblemKind};

/// The header that names this revision.
pub fn tag(revision: i64) -> (HeaderName, String) {
    (ETAG, format!("\"{revision}\""))
}

/// What the caller demands of the present revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// No header.
    Absent,
    /// `*`: whatever is there.
    Any,
    /// One of these tags.
    Tags(Vec<String>),
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let mut headers = request.headers().get_all(IF_MATCH);
        let parsed = match (headers.next(), headers.next()) {
            (None, _) => Ok(Self::Absent),
            (Some(value), None) => value
                .to_str()
                .ok()
                .and_then(Self::parse)
                .ok_or_else(malformed),
            (Some(_), Some(_)) => Err(malformed()),
        };
        ready(parsed)
    }
}

fn malformed() -> Problem {
    Problem::new(
        ProblemKind::InvalidParameter,
        "If-Match must be the ETag of an answer, e.g. If-Match: \"3\".",
    )
}

impl IfMatch {
    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        text.split(',')
            .map(opaque)
            .collect::<Option<_>>()
            .map(Self::Tags)
    }

    /// Refuse an update of what the caller has not seen. Without the header nothing is checked.
    pub fn check(&self, present: i64) -> Result<(), Problem> {
        let is_met = match self {
            Self::Absent | Self::Any => true,
            Self::Tags(tags) => tags.contains(&format!("\"{present}\"")),
        };
        if is_met {
            return Ok(());
        }
        Err(Problem::new(
            ProblemKind::VersionConflict,
            "Read it again and repeat the change with the new ETag in If-Match.",
        ))
    }

    /// Like [`IfMatch::check`], and the header must be there.
    pub fn demand(&self, present: i64) -> Result<(), Problem> {
        if *self == Self::Absent {
            return Err(Problem::new(
                ProblemKind::PreconditionRequired,
                "Send the ETag that you read as If-Match.",
            ));
        }
        self.check(present)
    }
}

/// One entity tag as it stands, quotes included. A weak one is kept and matches nothing.
fn opaque(part: &str) -> Option<String> {
    let part = part.trim();
    let tag = part.strip_prefix("W/").unwrap_or(part);
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    (!inner.contains('"')).then(|| part.to_owned())
}

#[cfg(test)]
mod tests;
