//! Codes of rules, wallets and steps as answers carry them. Nearly all are short and lie in the
//! answer itself, so that nothing is allocated for them.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::num::NonZero;
use std::ops::Deref;

#[cfg(test)]
mod tests;

/// The longest text that needs no memory of its own.
const SHORT: usize = 23;

/// A text that is mostly short.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(Kept);

/// A text of up to 23 bytes is always kept short, so that equal texts are kept equally.
#[derive(Clone, PartialEq, Eq)]
enum Kept {
    Short(Short),
    Long(Box<str>),
}

/// A short text: three words that are copied as they are. Its spare bytes are zero.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Short {
    bytes: [u8; SHORT],
    /// One more than it is, so that a long text needs no word to be told apart.
    length: NonZero<u8>,
}

impl Short {
    fn of(text: &str) -> Option<Self> {
        let mut bytes = [0; SHORT];
        let short = bytes.get_mut(..text.len())?;
        short.copy_from_slice(text.as_bytes());
        let length = u8::try_from(text.len()).ok()?.checked_add(1)?;
        Some(Self {
            bytes,
            length: NonZero::new(length)?,
        })
    }

    fn text(&self) -> &[u8] {
        let length = usize::from(self.length.get()).saturating_sub(1);
        self.bytes.get(..length).unwrap_or_default()
    }
}

impl Code {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // It was a text when it was put there.
            Kept::Short(short) => std::str::from_utf8(short.text()).unwrap_or_default(),
            Kept::Long(text) => text,
        }
    }
}

impl From<&str> for Code {
    fn from(text: &str) -> Self {
        Self(Short::of(text).map_or_else(|| Kept::Long(text.into()), Kept::Short))
    }
}

impl From<String> for Code {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&String> for Code {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.as_str().to_owned()
    }
}

impl Deref for Code {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Code {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for Code {
    fn eq(&self, other: &str) -> bool {
        match &self.0 {
            Kept::Short(short) => short.text() == other.as_bytes(),
            Kept::Long(text) => **text == *other,
        }
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl PartialEq<String> for Code {
    fn eq(&self, other: &String) -> bool {
        *self == **other
    }
}

impl PartialEq<Code> for String {
    fn eq(&self, other: &Code) -> bool {
        *other == **self
    }
}

impl PartialEq<Code> for str {
    fn eq(&self, other: &Code) -> bool {
        *other == *self
    }
}

impl PartialEq<Code> for &str {
    fn eq(&self, other: &Code) -> bool {
        *other == **self
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
