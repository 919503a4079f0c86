//! JSON with room from the start: a text that grows from nothing is copied again and again.

use serde::Serialize;
use serde_json::Error;

/// What most receipts and answers need.
const USUAL_BYTES: usize = 2_048;

/// A value as bytes.
pub fn bytes<T: Serialize>(value: &T) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    serde_json::to_writer(&mut bytes, value)?;
    Ok(bytes)
}

/// A value as text.
pub fn text<T: Serialize>(value: &T) -> Result<String, Error> {
    String::from_utf8(bytes(value)?).map_err(serde::ser::Error::custom)
}
