//! One form per identifier: what people type, scan and paste differs in width, spaces and hyphens,
//! and must still find the same member.

use super::IdentifierKind;

/// The distance between a full-width character and its ASCII twin.
const FULL_WIDTH_OFFSET: u32 = 0xFEE0;

/// The form that is hashed. It never fails: whether a text may be stored is decided at enrolment.
pub(crate) fn normalised(kind: IdentifierKind, text: &str) -> String {
    match kind {
        IdentifierKind::Card => card(text),
        IdentifierKind::ExternalId => text.to_owned(),
        IdentifierKind::Phone => phone(text),
        IdentifierKind::Email => email(text),
    }
}

/// The country whose numbers a tenant's customers give without a country code. A currency that
/// serves several countries names none.
pub(crate) fn country_code(currency: &str) -> Option<&'static str> {
    match currency {
        "JPY" => Some("81"),
        _ => None,
    }
}

/// The other way to write a normalised number of the tenant's own country: `+8190…` and `090…`.
/// Both are stored at enrolment, so that a look-up needs to know nothing about the tenant. It is
/// never guessed for another country, since `0…` is a different person there.
pub(crate) fn national_twin(phone: &str, country_code: &str) -> Option<String> {
    if let Some(number) = phone.strip_prefix('+') {
        return number
            .strip_prefix(country_code)
            .filter(|rest| !rest.starts_with('0'))
            .map(|rest| format!("0{rest}"));
    }
    phone
        .strip_prefix('0')
        .filter(|rest| !rest.starts_with('0'))
        .map(|rest| format!("+{country_code}{rest}"))
}

fn card(text: &str) -> String {
    text.chars()
        .map(narrow)
        .filter(|character| !is_separator(*character))
        .collect()
}

/// Digits, with `+` in front of a number that starts with its country code; `00` means the same.
/// A trunk zero in brackets after the country code, `+81 (0)90…`, is not dialled.
fn phone(text: &str) -> String {
    let narrowed: String = text
        .chars()
        .map(narrow)
        .filter(|character| !is_separator(*character))
        .collect();
    let bare: String = match narrowed.starts_with('+') || narrowed.starts_with("00") {
        true => narrowed.replace("(0)", ""),
        false => narrowed,
    };
    let bare: String = bare
        .chars()
        .filter(|character| !matches!(character, '(' | ')' | '.' | '/'))
        .collect();
    match bare.strip_prefix("00") {
        Some(rest) => format!("+{rest}"),
        None => bare,
    }
}

/// The same in any case. A receiver may tell `A@` from `a@`, but none does, and people write both.
fn email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The ASCII twin of a full-width character, as Japanese keyboards make it.
fn narrow(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => u32::from(character)
            .checked_sub(FULL_WIDTH_OFFSET)
            .and_then(char::from_u32)
            .unwrap_or(character),
        other => other,
    }
}

/// Spaces and everything that looks like a hyphen, the long vowel mark of a kana keyboard included.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{FF70}'
        )
}
