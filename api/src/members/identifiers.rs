//! What a member is found by: every identifier that is listed, the contact phone and e-mail, and
//! the second form of a number of the tenant's own country.

use std::collections::BTreeSet;

use domain::fault::{Fault, FaultCode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::document::MemberFields;
use crate::db::TenantNumber;
use crate::problem::{Problem, ProblemKind};
use crate::roster::normal::national_twin;
use crate::roster::{IdentifierKind, LookUpKeys, normalised};

/// An identifier as it was given, with its place in its list; what is sealed of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    /// The place in the list.
    pub(super) position: u16,
    /// As it was given.
    pub(super) text: String,
}

/// One way to find the member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Claim {
    /// What it is.
    pub(super) kind: IdentifierKind,
    /// The field it comes from.
    pub(super) pointer: String,
    /// The form that is hashed.
    pub(super) normalised: String,
    /// Absent for a further form of what is shown elsewhere.
    pub(super) listed: Option<Listed>,
}

/// A claim under the hash that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HashedClaim {
    /// The hash.
    pub(super) look_up: Uuid,
    /// What is claimed.
    pub(super) claim: Claim,
}

/// Everything the member is found by. The same identifier twice in one list is a fault; the
/// contact phone or e-mail may well be listed too.
pub(super) fn claims(
    fields: &MemberFields,
    country_code: Option<&str>,
) -> Result<Vec<Claim>, Vec<Fault>> {
    let mut claims = Claims {
        country_code,
        ..Claims::default()
    };
    let external_ids: Vec<String> = fields.external_id.iter().cloned().collect();
    claims.add_list(IdentifierKind::ExternalId, "/external_id", &external_ids);
    claims.add_list(IdentifierKind::Card, "/cards", &fields.cards);
    claims.add_list(IdentifierKind::Phone, "/phones", &fields.phones);
    claims.add_list(IdentifierKind::Email, "/emails", &fields.emails);
    if let Some(phone) = &fields.phone {
        claims.add(IdentifierKind::Phone, "/phone".to_owned(), phone, None);
    }
    if let Some(email) = &fields.email {
        claims.add(IdentifierKind::Email, "/email".to_owned(), email, None);
    }
    if claims.faults.is_empty() {
        Ok(claims.made)
    } else {
        Err(claims.faults)
    }
}

#[derive(Debug, Default)]
struct Claims<'a> {
    country_code: Option<&'a str>,
    seen: BTreeSet<(IdentifierKind, String)>,
    made: Vec<Claim>,
    faults: Vec<Fault>,
}

impl Claims<'_> {
    fn add_list(&mut self, kind: IdentifierKind, pointer: &str, texts: &[String]) {
        for (index, text) in texts.iter().enumerate() {
            let pointer = match kind {
                IdentifierKind::ExternalId => pointer.to_owned(),
                _ => format!("{pointer}/{index}"),
            };
            let listed = Listed {
                position: u16::try_from(index).unwrap_or(u16::MAX),
                text: text.clone(),
            };
            if !self.add(kind, pointer.clone(), text, Some(listed)) {
                let detail = "the same identifier stands before it in the list; name it once";
                self.faults
                    .push(Fault::new(pointer, FaultCode::Duplicate, detail));
            }
        }
    }

    /// Whether it was not there yet.
    fn add(
        &mut self,
        kind: IdentifierKind,
        pointer: String,
        text: &str,
        listed: Option<Listed>,
    ) -> bool {
        let normalised = normalised(kind, text);
        if !self.seen.insert((kind, normalised.clone())) {
            return false;
        }
        let twin = match (kind, self.country_code) {
            (IdentifierKind::Phone, Some(code)) => national_twin(&normalised, code),
            _ => None,
        };
        self.made.push(Claim {
            kind,
            pointer: pointer.clone(),
            normalised,
            listed,
        });
        if let Some(twin) = twin {
            self.seen.insert((kind, twin.clone()));
            self.made.push(Claim {
                kind,
                pointer,
                normalised: twin,
                listed: None,
            });
        }
        true
    }
}

/// The claims under their hashes.
pub(super) fn hashed(
    keys: &LookUpKeys,
    tenant: TenantNumber,
    claims: Vec<Claim>,
) -> Result<Vec<HashedClaim>, Problem> {
    claims
        .into_iter()
        .map(|claim| {
            let look_up = keys.hash(tenant, claim.kind, &claim.normalised)?;
            Ok(HashedClaim { look_up, claim })
        })
        .collect()
}

/// The refusal when others have some of the claims already: one entry per field.
pub(super) fn taken(claims: &[HashedClaim], by_others: &[Uuid]) -> Option<Problem> {
    let mut pointers: Vec<&str> = claims
        .iter()
        .filter(|hashed| by_others.contains(&hashed.look_up))
        .map(|hashed| hashed.claim.pointer.as_str())
        .collect();
    pointers.dedup();
    if pointers.is_empty() {
        return None;
    }
    let mut problem = Problem::new(
        ProblemKind::IdentifierTaken,
        "Another member has an identifier of this one; find that member by it instead.",
    );
    problem.errors = pointers
        .into_iter()
        .map(|pointer| Fault::new(pointer, FaultCode::Duplicate, "another member has it"))
        .collect();
    Some(problem)
}

#[cfg(test)]
mod tests;
