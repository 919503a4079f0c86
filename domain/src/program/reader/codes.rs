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
}
