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

/// Whether an object that can be read as JSON is certainly no matter for `strict`. Of what can't be read it may say anything.
pub(super) fn is_plain(text: &str) -> bool {
    let mut rest = text.as_bytes().trim_ascii_start();
    if rest.first() != Some(&b'{') {
        return false;
    }
    let mut open: Vec<Open> = Vec::with_capacity(MAX_DEPTH);
    let mut keys: Vec<&[u8]> = Vec::with_capacity(MAX_KEYS);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'"' => {
                let Some((string, after)) = string(rest) else {
                    return false;
                };
                rest = after.trim_ascii_start();
                if let (Some(Open::Object(first)), Some(b':')) = (open.last(), rest.first()) {
                    let known = keys.get(*first..).unwrap_or_default();
                    if known.len() >= MAX_KEYS || known.contains(&string) {
                        return false;
                    }
                    keys.push(string);
                }
            }
            b'{' | b'[' if open.len() >= MAX_DEPTH => return false,
            b'{' => open.push(Open::Object(keys.len())),
            b'[' => open.push(Open::List),
            b'}' | b']' => match open.pop() {
                Some(Open::Object(first)) => keys.truncate(first),
                Some(Open::List) => {}
                None => return false,
            },
            _ => {}
        }
    }
    true
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
