//! Revisions as entity tags, so that two people who edit the same thing notice each other.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{ETAG, HeaderName, IF_MATCH};
use actix_web::{FromRequest, HttpRequest};

use crate::problem::{Problem, ProblemKind};

/// Tags of one header that are looked at.
const MAX_TAGS: usize = 20;

/// The header that tells a caller which revision it read.
pub fn etag(revision: i64) -> (HeaderName, String) {
    (ETAG, tag(revision))
}

fn tag(revision: i64) -> String {
    format!("\"{revision}\"")
}

/// What the caller has read, if it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// No header: nothing is demanded.
    Absent,
    /// `*`: whatever there is.
    Anything,
    /// One of these tags.
    Tags(Vec<String>),
}

impl IfMatch {
    /// Refuse a change of another revision than the caller has read.
    pub fn check(&self, revision: i64) -> Result<(), Problem> {
        let tag = tag(revision);
        match self {
            Self::Tags(tags) if !tags.contains(&tag) => Err(Problem::new(
                ProblemKind::VersionConflict,
                "Read it again and repeat the change on what you find, with its ETag in If-Match.",
            )),
            Self::Absent | Self::Anything | Self::Tags(_) => Ok(()),
        }
    }

    /// The same, for things that must not be changed unread.
    pub fn require(&self, revision: i64) -> Result<(), Problem> {
        match self {
            Self::Absent => Err(Problem::new(
                ProblemKind::PreconditionRequired,
                "Read it first and send its ETag in If-Match.",
            )),
            Self::Anything | Self::Tags(_) => self.check(revision),
        }
    }

    /// Read the header's value: `*`, or tags in quotes with commas between.
    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Anything);
        }
        let tags: Vec<String> = text.split(',').map(|tag| tag.trim().to_owned()).collect();
        let are_tags = tags.len() <= MAX_TAGS && tags.iter().all(|tag| is_tag(tag));
        are_tags.then_some(Self::Tags(tags))
    }
}

/// A weak tag is one, but never matches: what is asked is whether the bytes are the same.
fn is_tag(text: &str) -> bool {
    text.strip_prefix("W/")
        .unwrap_or(text)
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .is_some_and(|text| !text.contains('"') && text.bytes().all(|byte| byte.is_ascii_graphic()))
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(IF_MATCH);
        let parsed = match (values.next(), values.next()) {
            (None, _) => Some(Self::Absent),
            (Some(value), None) => value.to_str().ok().and_then(Self::parse),
            (Some(_), Some(_)) => None,
        };
        ready(parsed.ok_or_else(|| {
            Problem::new(
                ProblemKind::InvalidParameter,
                "If-Match must be the ETag as it was given, quotes included.",
            )
        }))
    }
}

#[cfg(test)]
mod tests;
