//! Codes: those that the document gives to its parts, and those of the tenant's stores.

use super::{Object, Reader};
use crate::fault::FaultCode;
use serde_json::Value;

/// The longest code of a wallet or rule.
const MAX_CODE_LENGTH: usize = 64;

impl Reader<'_> {
    /// Reads a code that nothing else in the document carries.
    pub(crate) fn new_code(&mut self, object: &mut Object<'_>) -> String {
        self.require(object, "code");
        let Some(value) = object.get("code") else {
            return String::new();
        };
        let pointer = object.at("code");
        let Some(code) = value.as_str() else {
            self.fault(pointer, FaultCode::InvalidType, "give a text here");
            return String::new();
        };
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let starts_plain = code.starts_with(is_plain);
        if code.len() > MAX_CODE_LENGTH {
            let detail = format!("a code may have at most {MAX_CODE_LENGTH} characters");
            self.fault(pointer, FaultCode::TooLong, detail);
        } else if !starts_plain || !code.chars().all(|c| is_plain(c) || c == '-' || c == '_') {
            let detail = "a code has a-z, 0-9, - and _, and starts with a letter or digit";
            self.fault(pointer, FaultCode::InvalidValue, detail);
        } else if !self.codes.insert(code.to_owned()) {
            self.fault(
                pointer,
                FaultCode::Duplicate,
                "another part has this code; rename one",
            );
        }
        code.to_owned()
    }

    /// Keeps a code for the document itself.
    pub(crate) fn reserve(&mut self, code: &str) {
        self.codes.insert(code.to_owned());
    }

    /// Reads the code of a store that the tenant has.
    pub(crate) fn store_at(&mut self, value: &Value, pointer: String) -> String {
        let code = self.text_at(value, pointer.clone());
        let is_known = self.stores.is_none_or(|stores| stores.contains(&code));
        if !code.is_empty() && !is_known {
            let detail = "the tenant has no store with this code; create it first";
            self.fault(pointer, FaultCode::UnknownStore, detail);
        }
        code
    }

    /// Notes the steps of a ladder, so that what is read later may name them.
    pub(crate) fn know_ladder(&mut self, steps: Vec<String>) {
        self.ladders.push(steps);
    }

    /// The steps of the ladder that has this one, from the lowest to the highest.
    pub(crate) fn ladder_of(&self, step: &str) -> Option<&[String]> {
        let mut ladders = self.ladders.iter();
        let ladder = ladders.find(|steps| steps.iter().any(|code| code == step));
        ladder.map(Vec::as_slice)
    }

    /// Reads the code of a step of a ladder of this document.
    pub(crate) fn rank_at(&mut self, value: &Value, pointer: String) -> String {
        let code = self.text_at(value, pointer.clone());
        if !code.is_empty() && self.ladder_of(&code).is_none() {
            let detail = "no ladder of the document has a step with this code; add it under /ranks";
            self.fault(pointer, FaultCode::UnknownReference, detail);
        }
        code
    }
}
