//! What makes a member's fields unacceptable whatever the tenant has: length, characters and form
//! of every field, all reported at once.

use domain::fault::{Fault, FaultCode, escape_pointer};
use domain::receipt::{MAX_TEXT_LENGTH, check_characters};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::document::MemberFields;
use crate::roster::{IdentifierKind, normalised};

/// Identifiers of one kind that a member may have.
pub(super) const MAX_IDENTIFIERS_PER_KIND: usize = 10;
/// Attributes, and consents, of one member.
const MAX_ENTRIES: usize = 50;
/// Characters of an attribute's or a consent's name.
const MAX_ENTRY_NAME_LENGTH: usize = 64;
/// Characters of a card number.
const MAX_CARD_LENGTH: usize = 60;
/// RFC 5321: what a mail server must take.
const MAX_EMAIL_LENGTH: usize = 254;
const MAX_EMAIL_LOCAL_LENGTH: usize = 64;
/// E.164: the longest number that can be dialled.
const MAX_PHONE_DIGITS: usize = 15;
const MIN_PHONE_DIGITS: usize = 5;
const FIRST_BIRTH_YEAR: i16 = 1900;
/// Where the next day starts first.
const EARLIEST_OFFSET_HOURS: i8 = 14;

/// Every fault that can be told without the tenant's data. `now` bounds the date of birth only.
pub(super) fn check(fields: &MemberFields, now: Timestamp) -> Result<(), Vec<Fault>> {
    let mut faults = Faults::default();
    faults.check_texts(fields);
    faults.check_identifiers(fields);
    if let Some(text) = &fields.birth_date {
        faults.check_birth_date(text, now);
    }
    let attributes = fields.attributes.keys();
    faults.check_entries("/attributes", fields.attributes.len(), attributes);
    for (name, text) in &fields.attributes {
        let pointer = format!("/attributes/{}", escape_pointer(name));
        faults.check_length(text, &pointer, MAX_TEXT_LENGTH);
        check_characters(text, || pointer.clone(), &mut faults.found);
    }
    faults.check_entries("/consents", fields.consents.len(), fields.consents.keys());
    if faults.found.is_empty() {
        Ok(())
    } else {
        Err(faults.found)
    }
}

#[derive(Debug, Default)]
struct Faults {
    found: Vec<Fault>,
}

impl Faults {
    fn add(&mut self, pointer: &str, code: FaultCode, detail: impl Into<String>) {
        self.found.push(Fault::new(pointer, code, detail));
    }

    fn check_texts(&mut self, fields: &MemberFields) {
        let texts = [
            ("/external_id", &fields.external_id),
            ("/family_name", &fields.family_name),
            ("/given_name", &fields.given_name),
            ("/family_name_kana", &fields.family_name_kana),
            ("/given_name_kana", &fields.given_name_kana),
            ("/gender", &fields.gender),
            ("/postal_code", &fields.postal_code),
            ("/address", &fields.address),
            ("/consent_source", &fields.consent_source),
            ("/store", &fields.store),
        ];
        for (pointer, text) in texts {
            if let Some(text) = text {
                self.check_name(text, pointer, MAX_TEXT_LENGTH);
            }
        }
    }

    fn check_identifiers(&mut self, fields: &MemberFields) {
        let lists = [
            ("/cards", IdentifierKind::Card, &fields.cards),
            ("/phones", IdentifierKind::Phone, &fields.phones),
            ("/emails", IdentifierKind::Email, &fields.emails),
        ];
        for (pointer, kind, list) in lists {
            if list.len() > MAX_IDENTIFIERS_PER_KIND {
                let detail =
                    format!("a member may have at most {MAX_IDENTIFIERS_PER_KIND} of them");
                self.add(pointer, FaultCode::TooMany, detail);
                continue;
            }
            for (index, text) in list.iter().enumerate() {
                self.check_identifier(kind, text, &format!("{pointer}/{index}"));
            }
        }
        if let Some(text) = &fields.phone {
            self.check_identifier(IdentifierKind::Phone, text, "/phone");
        }
        if let Some(text) = &fields.email {
            self.check_identifier(IdentifierKind::Email, text, "/email");
        }
    }

    fn check_identifier(&mut self, kind: IdentifierKind, text: &str, pointer: &str) {
        let before = self.found.len();
        let max_length = match kind {
            IdentifierKind::Card => MAX_CARD_LENGTH,
            IdentifierKind::Email => MAX_EMAIL_LENGTH,
            IdentifierKind::ExternalId | IdentifierKind::Phone => MAX_TEXT_LENGTH,
        };
        self.check_name(text, pointer, max_length);
        if self.found.len() > before {
            return;
        }
        let normalised = normalised(kind, text);
        match kind {
            IdentifierKind::Card if normalised.is_empty() => {
                self.add(
                    pointer,
                    FaultCode::Empty,
                    "a card number needs a character that counts",
                );
            }
            IdentifierKind::Phone if !is_phone(&normalised) => {
                let detail = "a phone number has 5 to 15 digits, with + before a country code";
                self.add(pointer, FaultCode::InvalidValue, detail);
            }
            IdentifierKind::Email if !is_email(&normalised) => {
                let detail = "an e-mail address looks like hanako@example.com";
                self.add(pointer, FaultCode::InvalidValue, detail);
            }
            _ => {}
        }
    }

    fn check_birth_date(&mut self, text: &str, now: Timestamp) {
        let latest = Offset::constant(EARLIEST_OFFSET_HOURS);
        let today = TimeZone::fixed(latest).to_datetime(now).date();
        match date(text) {
            None => {
                let detail = "a date of birth is a day of the calendar as YYYY-MM-DD";
                self.add("/birth_date", FaultCode::InvalidValue, detail);
            }
            Some(date) if date.year() < FIRST_BIRTH_YEAR || date > today => {
                let detail =
                    format!("a date of birth lies between {FIRST_BIRTH_YEAR}-01-01 and today");
                self.add("/birth_date", FaultCode::OutOfRange, detail);
            }
            Some(_) => {}
        }
    }

    fn check_entries<'a>(
        &mut self,
        pointer: &str,
        count: usize,
        names: impl Iterator<Item = &'a String>,
    ) {
        if count > MAX_ENTRIES {
            let detail = format!("a member may have at most {MAX_ENTRIES} of them");
            self.add(pointer, FaultCode::TooMany, detail);
            return;
        }
        for name in names {
            let shown: String = name.chars().take(MAX_ENTRY_NAME_LENGTH).collect();
            let pointer = format!("{pointer}/{}", escape_pointer(&shown));
            self.check_name(name, &pointer, MAX_ENTRY_NAME_LENGTH);
        }
    }

    /// A text that says something.
    fn check_name(&mut self, text: &str, pointer: &str, max_length: usize) {
        if text.trim().is_empty() {
            let detail = "the text must not be empty; send null to have none";
            self.add(pointer, FaultCode::Empty, detail);
        }
        self.check_length(text, pointer, max_length);
        check_characters(text, || pointer.to_owned(), &mut self.found);
    }

    fn check_length(&mut self, text: &str, pointer: &str, max_length: usize) {
        if text.chars().count() > max_length {
            let detail = format!("the text may have at most {max_length} characters");
            self.add(pointer, FaultCode::TooLong, detail);
        }
    }
}

/// A strict `YYYY-MM-DD`; looser forms are read as other days by other people.
fn date(text: &str) -> Option<Date> {
    let has_form = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(position, byte)| match position {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
    has_form.then(|| text.parse().ok()).flatten()
}

fn is_phone(normalised: &str) -> bool {
    let digits = normalised.strip_prefix('+').unwrap_or(normalised);
    (MIN_PHONE_DIGITS..=MAX_PHONE_DIGITS).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Loose on purpose: only what can't be an address is refused, the rest a mail server must say.
fn is_email(normalised: &str) -> bool {
    let Some((local, domain)) = normalised.rsplit_once('@') else {
        return false;
    };
    let is_plain = |character: char| {
        !character.is_whitespace()
            && !matches!(character, '"' | '<' | '>' | '(' | ')' | ',' | ';' | '@')
    };
    let labels_are_filled = domain.split('.').all(|label| !label.is_empty());
    (1..=MAX_EMAIL_LOCAL_LENGTH).contains(&local.chars().count())
        && normalised
            .chars()
            .filter(|character| *character == '@')
            .count()
            == 1
        && local.chars().all(is_plain)
        && domain.chars().all(is_plain)
        && domain.contains('.')
        && labels_are_filled
}

#[cfg(test)]
mod tests;
