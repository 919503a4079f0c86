//! A quick look for the usual body: one object in which plainly nothing stands twice, nothing is nested too deep and no text
//! has anything to hide. What it lets through still has to be read; what it does not gets the exact look of `strict`.

use super::strict::MAX_DEPTH;

/// Keys that are compared one by one.
const MAX_KEYS: usize = 32;

/// What is open: lists, and objects with where their keys begin among all.
#[derive(Clone, Copy)]
enum Open {
    List,
    Object(usize),
}

/// What is open so far, and the keys of all open objects.
struct Look<'text> {
    open: Vec<Open>,
    keys: Vec<&'text [u8]>,
}

/// Whether an object that can be read as JSON is certainly no matter for `strict`. Of what can't be read it may say anything.
pub(super) fn is_plain(text: &str) -> bool {
    let mut rest = text.as_bytes().trim_ascii_start();
    if rest.first() != Some(&b'{') {
        return false;
    }
    let mut look = Look {
        open: Vec::with_capacity(MAX_DEPTH),
        keys: Vec::with_capacity(MAX_KEYS),
    };
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let is_plain = match byte {
            b'"' => {
                let Some((string, after)) = string(rest) else {
                    return false;
                };
                rest = after.trim_ascii_start();
                rest.first() != Some(&b':') || look.takes_key(string)
            }
            b'{' => look.opens(Open::Object(look.keys.len())),
            b'[' => look.opens(Open::List),
            b'}' | b']' => look.closes(),
            _ => true,
        };
        if !is_plain {
            return false;
        }
    }
    true
}

impl<'text> Look<'text> {
    fn opens(&mut self, open: Open) -> bool {
        self.open.push(open);
        self.open.len() <= MAX_DEPTH
    }

    fn closes(&mut self) -> bool {
        let closed = self.open.pop();
        if let Some(Open::Object(first)) = closed {
            self.keys.truncate(first);
        }
        closed.is_some()
    }

    /// Whether it is new in its object.
    fn takes_key(&mut self, key: &'text [u8]) -> bool {
        let Some(Open::Object(first)) = self.open.last() else {
            return false;
        };
        let known = self.keys.get(*first..).unwrap_or_default();
        let is_new = known.len() < MAX_KEYS && !known.contains(&key);
        self.keys.push(key);
        is_new
    }
}

/// A string up to its end and what follows it, if it has no escapes, no control characters and none of the bytes that the
/// later ones of those begin with.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_of_note = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..=0x1F | 0x7F | 0xC2);
    let end = text.iter().position(is_of_note)?;
    let (string, after) = text.split_at_checked(end)?;
    match after.split_first()? {
        (b'"', after) => Some((string, after)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
