//! Refuses what parsers read differently: a key twice in one object, nesting without end, and
//! control characters, which the database would refuse later.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use domain::fault::{Fault, FaultCode};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::problem::{Problem, ProblemKind};

use super::fault;

/// Objects and lists within each other.
pub(super) const MAX_DEPTH: usize = 16;

const DUPLICATE: &str = "duplicate key ";
const TOO_DEEP: &str = "nested too deep";
const CONTROL: &str = "control character";

/// One pass over the bytes that keeps nothing.
pub(super) fn check(bytes: &[u8]) -> Result<(), Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let outcome = Check { depth: 0 }
        .deserialize(&mut reader)
        .and_then(|()| reader.end());
    match outcome {
        Ok(()) => Ok(()),
        Err(error) => Err(refusal(bytes, &error)),
    }
}

/// The slow way, taken only for what is refused: the same pass again, with its path.
pub(super) fn refusal(bytes: &[u8], error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    // The parser's own words are of another category than those of `Check`.
    let own = if error.is_data() { text.as_str() } else { "" };
    if let Some(rest) = own.strip_prefix(DUPLICATE) {
        let key = rest.split(" at line ").next().unwrap_or_default();
        let detail = format!(
            "The key {} stands twice in one object.",
            fault::shorten(key)
        );
        return Problem::new(ProblemKind::DuplicateKey, detail);
    }
    let pointer = || pointer_of_refusal(bytes);
    let invalid = |code, detail: &str| Problem::invalid(vec![Fault::new(pointer(), code, detail)]);
    if own.starts_with(TOO_DEEP) {
        let detail = format!("Nesting may be at most {MAX_DEPTH} deep.");
        return invalid(FaultCode::TooDeep, &detail);
    }
    if own.starts_with(CONTROL) {
        return invalid(FaultCode::ControlCharacter, "Leave out control characters.");
    }
    if text.starts_with("number out of range") {
        return invalid(FaultCode::OutOfRange, "The number is too large.");
    }
    let detail = format!(
        "The JSON can't be read at line {}, column {}.",
        error.line(),
        error.column()
    );
    Problem::new(ProblemKind::MalformedJson, detail)
}

fn pointer_of_refusal(bytes: &[u8]) -> String {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    match (Check { depth: 0 }).deserialize(tracked) {
        Ok(()) => String::new(),
        Err(_known) => fault::pointer(&track.path()),
    }
}

#[derive(Clone, Copy)]
struct Check {
    depth: usize,
}

impl Check {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom(TOO_DEEP));
        }
        Ok(Self {
            depth: self.depth.saturating_add(1),
        })
    }
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let is_refused = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if text.chars().any(is_refused) {
            return Err(E::custom(CONTROL));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut keys = Keys::default();
        while let Some(key) = entries.next_key_seed(Key)? {
            inner.visit_str(&key)?;
            if !keys.insert(key.clone()) {
                return Err(A::Error::custom(format_args!("{DUPLICATE}{key}")));
            }
            entries.next_value_seed(inner)?;
        }
        Ok(())
    }
}

/// Borrows the key where the text has no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(key))
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// The keys of one object. Few are compared one by one; many go into a set, so that a large
/// object does not cost the square of its size.
#[derive(Default)]
struct Keys<'de> {
    few: Vec<Cow<'de, str>>,
    many: HashSet<Cow<'de, str>>,
}

impl<'de> Keys<'de> {
    const FEW: usize = 16;

    /// Whether the key is new.
    fn insert(&mut self, key: Cow<'de, str>) -> bool {
        if self.few.contains(&key) {
            return false;
        }
        if self.few.len() < Self::FEW {
            self.few.push(key);
            return true;
        }
        self.many.insert(key)
    }
}
