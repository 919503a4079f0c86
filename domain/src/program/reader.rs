//! Walks a JSON document and collects every fault with its pointer. A faulty field yields a
//! placeholder so that reading goes on; no program is built once a fault was found.

use crate::amount::Decimal4;
use crate::fault::{Fault, FaultCode, escape_pointer};
use crate::receipt::{KNOWN_YEARS, MAX_TEXT_LENGTH};
use jiff::civil::Date;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

mod codes;

/// One object of the document and the fields of it that are known.
pub(crate) struct Object<'v> {
    pointer: String,
    fields: Option<&'v Map<String, Value>>,
    known: Vec<&'static str>,
    /// Whether it is of a kind that can't be done, whose fields nobody knows.
    is_beyond: bool,
}

impl<'v> Object<'v> {
    /// The value of a field; null counts as absent.
    pub(crate) fn get(&mut self, field: &'static str) -> Option<&'v Value> {
        self.known.push(field);
        self.fields?.get(field).filter(|value| !value.is_null())
    }

    /// The pointer of a field.
    pub(crate) fn at(&self, field: &str) -> String {
        format!("{}/{}", self.pointer, escape_pointer(field))
    }

    /// The pointer of the object.
    pub(crate) fn pointer(&self) -> &str {
        &self.pointer
    }
}

/// Collects faults and warnings of one document.
pub(crate) struct Reader<'s> {
    stores: Option<&'s BTreeSet<String>>,
    codes: BTreeSet<String>,
    /// Codes of steps by ladder, from the lowest to the highest.
    ladders: Vec<Vec<String>>,
    faults: Vec<Fault>,
    warnings: Vec<Fault>,
}

impl<'s> Reader<'s> {
    /// A reader that knows the tenant's stores; with none, any store may be named.
    pub(crate) fn new(stores: Option<&'s BTreeSet<String>>) -> Self {
        Self {
            stores,
            codes: BTreeSet::new(),
            ladders: Vec::new(),
            faults: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// What was built, if nothing was wrong, and its warnings.
    pub(crate) fn finish<T>(self, built: T) -> Result<(T, Vec<Fault>), Vec<Fault>> {
        if self.faults.is_empty() {
            Ok((built, self.warnings))
        } else {
            Err(self.faults)
        }
    }

    /// Notes a fault.
    pub(crate) fn fault(&mut self, pointer: String, code: FaultCode, detail: impl Into<String>) {
        self.faults.push(Fault::new(pointer, code, detail));
    }

    /// Whether it may still be mended: then somebody reads the warnings, which take time to find,
    /// and what no sane document has is refused.
    pub(crate) fn is_draft(&self) -> bool {
        self.stores.is_some()
    }

    /// Notes something odd that does not forbid publishing.
    pub(crate) fn warn(&mut self, pointer: String, detail: &str) {
        self.warnings
            .push(Fault::new(pointer, FaultCode::NeverFires, detail));
    }

    /// Reads an object.
    pub(crate) fn object<'v>(&mut self, value: &'v Value, pointer: String) -> Object<'v> {
        let fields = value.as_object();
        if fields.is_none() {
            self.fault(
                pointer.clone(),
                FaultCode::InvalidType,
                "give an object here",
            );
        }
        Object {
            pointer,
            fields,
            known: Vec::new(),
            is_beyond: false,
        }
    }

    /// Reads a field that is an object, if it is there.
    pub(crate) fn child<'v>(
        &mut self,
        object: &mut Object<'v>,
        field: &'static str,
    ) -> Option<Object<'v>> {
        let value = object.get(field)?;
        Some(self.object(value, object.at(field)))
    }

    /// Reads a list; a list above its maximum is refused as a whole.
    pub(crate) fn list<'v>(
        &mut self,
        object: &mut Object<'v>,
        field: &'static str,
        maximum: usize,
    ) -> Option<Vec<(String, &'v Value)>> {
        let value = object.get(field)?;
        self.items(value, &object.at(field), maximum)
    }

    /// Reads a list that stands at `pointer`.
    pub(crate) fn items<'v>(
        &mut self,
        value: &'v Value,
        pointer: &str,
        maximum: usize,
    ) -> Option<Vec<(String, &'v Value)>> {
        let Some(items) = value.as_array() else {
            self.fault(
                pointer.to_owned(),
                FaultCode::InvalidType,
                "give a list here",
            );
            return None;
        };
        if items.len() > maximum {
            let detail = format!("at most {maximum} entries are allowed here");
            self.fault(pointer.to_owned(), FaultCode::TooMany, detail);
            return None;
        }
        let place = |index: usize| format!("{pointer}/{index}");
        Some(
            items
                .iter()
                .enumerate()
                .map(|(index, item)| (place(index), item))
                .collect(),
        )
    }

    /// Reads a list that makes sense only with entries.
    pub(crate) fn filled_list<'v>(
        &mut self,
        object: &mut Object<'v>,
        field: &'static str,
        maximum: usize,
    ) -> Option<Vec<(String, &'v Value)>> {
        let items = self.list(object, field, maximum)?;
        if items.is_empty() {
            self.fault(
                object.at(field),
                FaultCode::Empty,
                "give at least one entry, or leave it out",
            );
        }
        Some(items)
    }

    /// Notes a fault when the field is absent.
    pub(crate) fn require(&mut self, object: &mut Object<'_>, field: &'static str) {
        if object.fields.is_some() && object.get(field).is_none() {
            let detail = format!("the field {field} is needed here");
            self.fault(object.at(field), FaultCode::Required, detail);
        }
    }

    /// Reads a whole number, if it is there.
    pub(crate) fn integer(
        &mut self,
        object: &mut Object<'_>,
        field: &'static str,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        let value = object.get(field)?;
        self.integer_at(value, object.at(field), range)
    }

    /// Reads a whole number that stands at `pointer`.
    pub(crate) fn integer_at(
        &mut self,
        value: &Value,
        pointer: String,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        let number = value.as_i64();
        if number.is_none() && !value.is_u64() {
            self.fault(pointer, FaultCode::InvalidType, "give a whole number here");
            return None;
        }
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let detail = format!("give a number from {} to {}", range.start(), range.end());
            self.fault(pointer, FaultCode::OutOfRange, detail);
        }
        number
    }

    /// Reads a whole number that must be there.
    pub(crate) fn required_integer(
        &mut self,
        object: &mut Object<'_>,
        field: &'static str,
        range: RangeInclusive<i64>,
    ) -> i64 {
        self.require(object, field);
        let placeholder = *range.start();
        self.integer(object, field, range).unwrap_or(placeholder)
    }

    /// Reads an exact decimal, if it is there.
    pub(crate) fn decimal(
        &mut self,
        object: &mut Object<'_>,
        field: &'static str,
        range: RangeInclusive<Decimal4>,
    ) -> Option<Decimal4> {
        let value = object.get(field)?;
        let pointer = object.at(field);
        let Some(text) = value.as_str() else {
            let detail = "give a decimal number as a string, for example \"12.5\"";
            self.fault(pointer, FaultCode::InvalidType, detail);
            return None;
        };
        let Ok(decimal) = text.parse::<Decimal4>() else {
            let detail = "give a decimal number with at most 4 decimals, for example \"12.5\"";
            self.fault(pointer, FaultCode::InvalidValue, detail);
            return None;
        };
        if !range.contains(&decimal) {
            let detail = format!(
                "give a number from \"{}\" to \"{}\"",
                range.start(),
                range.end()
            );
            self.fault(pointer, FaultCode::OutOfRange, detail);
        }
        Some(decimal)
    }

    /// Reads a text that is not empty.
    pub(crate) fn text_at(&mut self, value: &Value, pointer: String) -> String {
        let Some(text) = value.as_str() else {
            self.fault(pointer, FaultCode::InvalidType, "give a text here");
            return String::new();
        };
        if text.trim().is_empty() {
            self.fault(
                pointer.clone(),
                FaultCode::Empty,
                "the text must not be empty",
            );
        }
        if text.chars().count() > MAX_TEXT_LENGTH {
            let detail = format!("the text may have at most {MAX_TEXT_LENGTH} characters");
            self.fault(pointer.clone(), FaultCode::TooLong, detail);
        }
        if self.is_draft() {
            crate::receipt::check_characters(text, || pointer.clone(), &mut self.faults);
        }
        text.to_owned()
    }

    /// Reads a business date `YYYY-MM-DD`.
    pub(crate) fn date_at(&mut self, value: &Value, pointer: String) -> Option<Date> {
        let Some(text) = value.as_str() else {
            self.fault(
                pointer,
                FaultCode::InvalidType,
                "give a date as \"YYYY-MM-DD\"",
            );
            return None;
        };
        let date = text
            .parse()
            .ok()
            .filter(|_| text.len() == 10 && text.is_ascii());
        if date.is_none() {
            self.fault(
                pointer,
                FaultCode::InvalidValue,
                "give a date as \"YYYY-MM-DD\"",
            );
            return None;
        }
        let is_known = |date: Date| KNOWN_YEARS.contains(&date.year());
        if self.is_draft() && !date.is_none_or(is_known) {
            let detail = "give a date from 1970 to 2199";
            self.fault(pointer, FaultCode::OutOfRange, detail);
        }
        date
    }

    /// Reads one of several words: those that `allowed` maps, the first of which is the default,
    /// and those that are known but can't be done yet.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        object: &mut Object<'_>,
        field: &'static str,
        allowed: &[(&str, T)],
        unsupported: &[&str],
    ) -> Option<T> {
        let Some(value) = object.get(field) else {
            return allowed.first().map(|(_, default)| *default);
        };
        let word = value.as_str();
        let found = allowed.iter().find(|(name, _)| Some(*name) == word);
        if found.is_some() {
            return found.map(|(_, choice)| *choice);
        }
        let pointer = object.at(field);
        if word.is_none() {
            self.fault(pointer, FaultCode::InvalidType, "give a text here");
        } else if unsupported.iter().any(|name| Some(*name) == word) {
            object.is_beyond = true;
            self.unsupported(pointer);
        } else {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
            let detail = format!("give one of: {}", names.join(", "));
            self.fault(pointer, FaultCode::InvalidValue, detail);
        }
        None
    }

    /// Accepts a field only with a value that changes nothing.
    pub(crate) fn only(
        &mut self,
        object: &mut Object<'_>,
        field: &'static str,
        changes_nothing: impl FnOnce(&Value) -> bool,
    ) {
        if object
            .get(field)
            .is_some_and(|value| !changes_nothing(value))
        {
            self.unsupported(object.at(field));
        }
    }

    /// Accepts lists only without entries.
    pub(crate) fn refuse_entries(&mut self, object: &mut Object<'_>, fields: &[&'static str]) {
        for field in fields {
            self.only(object, field, |value| {
                value.as_array().is_some_and(Vec::is_empty)
            });
        }
    }

    /// Notes a known part that can't be done yet.
    pub(crate) fn unsupported(&mut self, pointer: String) {
        let detail = "this part of the program is not supported yet; leave it out";
        self.fault(pointer, FaultCode::Unsupported, detail);
    }

    /// Notes every field that no reader asked for.
    pub(crate) fn close(&mut self, object: &Object<'_>) {
        let fields = object.fields.filter(|_| !object.is_beyond);
        for field in fields.into_iter().flat_map(Map::keys) {
            if !object.known.contains(&field.as_str()) {
                let detail = "there is no such field here; remove it or mend its spelling";
                self.fault(object.at(field), FaultCode::UnknownField, detail);
            }
        }
    }
}
