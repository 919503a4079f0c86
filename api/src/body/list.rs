//! A body that is a list of many things: the envelope is judged as a whole, each entry alone.

use std::ops::Range;

use bytes::Bytes;
use domain::fault::{Fault, FaultCode};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::problem::{Problem, ProblemKind};

use super::{fault, strict};

/// Depth at which the entries of the envelope's list stand: an object, and the list in it.
const ENTRIES: usize = 2;

/// A body whose envelope was read, and whose entries were not.
#[derive(Debug)]
pub struct Listing<T> {
    /// The object around the list.
    pub envelope: T,
    bytes: Bytes,
}

impl<T: DeserializeOwned> Listing<T> {
    /// Read the envelope. `T` refuses unknown fields, and its only field with a list passes over
    /// the entries.
    pub(crate) fn read(bytes: Bytes) -> Result<Self, Problem> {
        let is_text = std::str::from_utf8(&bytes).is_ok();
        let readable = serde_json::from_slice::<IgnoredAny>(&bytes);
        if let Err(error) = readable {
            return Err(strict::refusal(&bytes, &error));
        }
        if !is_text {
            let detail = "The body must be JSON in UTF-8.";
            return Err(Problem::new(ProblemKind::MalformedJson, detail));
        }
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
            let detail = "The body must be a JSON object.";
            let fault = Fault::new("", FaultCode::InvalidType, detail);
            return Err(Problem::invalid(vec![fault]));
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let envelope = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let text = error.inner().to_string();
            if text.starts_with("duplicate field") {
                let detail = "A key stands twice in the body.";
                return Problem::new(ProblemKind::DuplicateKey, detail);
            }
            Problem::invalid(vec![fault::from_data(&error)])
        })?;
        Ok(Self { envelope, bytes })
    }
}

impl<T> Listing<T> {
    /// Each entry as it was sent, in order.
    pub fn entries(&self) -> Vec<&[u8]> {
        let mut scan = Scan::default();
        for (at, byte) in self.bytes.iter().enumerate() {
            scan.step(at, *byte);
        }
        let entries = scan.entries.into_iter();
        entries.filter_map(|range| self.bytes.get(range)).collect()
    }
}

/// Finds the entries in what is known to be JSON with a single list at the top.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    /// Where the present entry begins, and whether anything of it was seen.
    entry: Option<(usize, bool)>,
    entries: Vec<Range<usize>>,
}

impl Scan {
    fn step(&mut self, at: usize, byte: u8) {
        if self.in_text {
            self.in_text = byte != b'"' || self.is_escaped;
            self.is_escaped = byte == b'\\' && !self.is_escaped;
            return;
        }
        match byte {
            b'[' | b'{' => {
                self.see();
                self.depth = self.depth.saturating_add(1);
                if byte == b'[' && self.depth == ENTRIES {
                    self.entry = Some((at.saturating_add(1), false));
                }
            }
            b']' | b'}' => {
                if self.depth == ENTRIES {
                    self.end(at);
                }
                self.depth = self.depth.saturating_sub(1);
            }
            b',' if self.depth == ENTRIES => {
                self.end(at);
                self.entry = Some((at.saturating_add(1), false));
            }
            b' ' | b'\n' | b'\r' | b'\t' => {}
            other => {
                self.see();
                self.in_text = other == b'"';
            }
        }
    }

    fn see(&mut self) {
        if let Some((_, is_seen)) = &mut self.entry {
            *is_seen = true;
        }
    }

    /// An entry ends here; an empty list has none.
    fn end(&mut self, at: usize) {
        if let Some((from, true)) = self.entry.take() {
            self.entries.push(from..at);
        }
    }
}

#[cfg(test)]
mod tests;
