//! Turns what the parser says about a wrong field into a pointer, a code and a sentence.

use std::borrow::Cow;

use domain::fault::escape_pointer;
use domain::fault::{Fault, FaultCode};
use serde_path_to_error::{Path, Segment};

/// The most of a caller's own text that is shown back.
const MAX_ECHO_CHARACTERS: usize = 64;

/// The place as a JSON pointer.
pub(super) fn pointer(path: &Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", escape_pointer(&cut(key)))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// What is wrong with a field of a readable document.
pub(super) fn from_data(error: &serde_path_to_error::Error<serde_json::Error>) -> Fault {
    let text = error.inner().to_string();
    let text = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |(sentence, _place)| sentence);
    let at = pointer(error.path());
    if let Some((field, rest)) = quoted_after(text, "unknown field `") {
        let known = rest.trim_start_matches(", ").trim();
        let detail = match known {
            "" | "there are no fields" => "This field is not known here.".to_owned(),
            known => format!("This field is not known here; {known}."),
        };
        return Fault::new(with_step(&at, field), FaultCode::UnknownField, detail);
    }
    if let Some((field, _)) = quoted_after(text, "missing field `") {
        let detail = "This field must be given.";
        return Fault::new(with_step(&at, field), FaultCode::Required, detail);
    }
    let code = match text {
        text if text.starts_with("invalid type") => FaultCode::InvalidType,
        text if text.starts_with("invalid value: integer") => FaultCode::OutOfRange,
        text if text.starts_with("number out of range") => FaultCode::OutOfRange,
        _ => FaultCode::InvalidValue,
    };
    Fault::new(at, code, sentence(text))
}

/// A caller's text, cut to what may be shown, in quotes.
pub(super) fn shorten(text: &str) -> String {
    format!("`{}`", cut(text))
}

/// A caller's text, cut to what may be shown.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MAX_ECHO_CHARACTERS) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
    }
}

fn quoted_after<'a>(text: &'a str, opening: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(opening)?.split_once('`')
}

/// The parser names an unknown or missing field sometimes in its path and always in its text.
fn with_step(at: &str, field: &str) -> String {
    let step = format!("/{}", escape_pointer(&cut(field)));
    if at.ends_with(&step) {
        at.to_owned()
    } else {
        format!("{at}{step}")
    }
}

/// `invalid type: string "x", expected i64` without more of the caller's text than may be shown.
fn sentence(text: &str) -> String {
    let shown = match text.rsplit_once(", expected ") {
        Some((found, expected)) => {
            let found: String = found.chars().take(MAX_ECHO_CHARACTERS).collect();
            format!("{found}, expected {expected}")
        }
        None => text
            .chars()
            .take(MAX_ECHO_CHARACTERS.saturating_mul(4))
            .collect(),
    };
    let mut characters = shown.chars();
    let capital: String = characters
        .next()
        .map(|first| first.to_uppercase().collect())
        .unwrap_or_default();
    let stop = if shown.ends_with('.') { "" } else { "." };
    format!("{capital}{}{stop}", characters.as_str())
}
