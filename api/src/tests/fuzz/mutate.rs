//! Changes inputs: bytes as they come, and JSON as what it means.

use serde_json::{Map, Value, json};

use super::dice::Dice;

/// The longest input; longer ones are refused before any parser.
const MAX_BYTES: usize = 16 * 1024;

/// What parsers stumble over.
const WORDS: [&[u8]; 40] = [
    b"null",
    b"true",
    b"-1",
    b"0",
    b"-0",
    b"1.0",
    b"1e2",
    b"1e308",
    b"1e400",
    b"9223372036854775807",
    b"9223372036854775808",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"0.00001",
    b"\"\"",
    b"\"\\u0000\"",
    b"\"\\ud800\"",
    b"\"\\u202e\"",
    b"\xff\xfe",
    b"\xc0\x80",
    b"\xef\xbb\xbf",
    b"{}",
    b"[]",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\x00",
    b"\r\n",
    b"&",
    b"=",
    b"%00",
    b"..",
    b"_",
    b"-",
    b"/",
];

/// One of the kept inputs, changed a few times.
pub(super) fn mutate(kept: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut input = dice.one(kept).clone();
    if !dice.seldom(3)
        && let Ok(mut value) = serde_json::from_slice::<Value>(&input)
    {
        for _ in 0..=dice.below(3) {
            let other = serde_json::from_slice(dice.one(kept).as_slice()).unwrap_or(Value::Null);
            change(&mut value, &other, dice);
        }
        input = value.to_string().into_bytes();
        if !dice.seldom(4) {
            return input;
        }
    }
    for _ in 0..=dice.below(3) {
        let other = dice.one(kept).clone();
        scramble(&mut input, &other, dice);
    }
    input.truncate(MAX_BYTES);
    input
}

/// One change of bytes.
fn scramble(input: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(input.len() + 1);
    let length = dice.below(16.min(input.len() - at) + 1);
    match dice.below(8) {
        0 if at < input.len() => input[at] ^= 1 << dice.below(8),
        1 if at < input.len() => input[at] = u8::try_from(dice.below(256)).expect("a byte"),
        2 => drop(input.drain(at..at + length)),
        3 => {
            let again = input[at..at + length].to_vec();
            input.splice(at..at, again);
        }
        4 => input.truncate(at),
        5 => {
            let from = dice.below(other.len() + 1);
            let length = dice.below(64.min(other.len() - from) + 1);
            input.splice(at..at, other[from..from + length].iter().copied());
        }
        6 => {
            // Another letter of the same kind: what has a check goes wrong by it.
            if let Some(byte) = input.get_mut(at) {
                *byte = byte.checked_add(1).unwrap_or(b'a');
            }
        }
        _ => {
            let word = *dice.one(&WORDS);
            input.splice(at..at, word.iter().copied());
        }
    }
}

/// One change somewhere in a document.
fn change(value: &mut Value, other: &Value, dice: &mut Dice) {
    let inside = match value {
        Value::Array(entries) if !entries.is_empty() && !dice.seldom(4) => {
            let at = dice.below(entries.len());
            Some(&mut entries[at])
        }
        Value::Object(fields) if !fields.is_empty() && !dice.seldom(5) => {
            let at = dice.below(fields.len());
            fields.values_mut().nth(at)
        }
        _ => None,
    };
    match inside {
        Some(inside) => change(inside, other, dice),
        None => replace(value, other, dice),
    }
}

fn replace(value: &mut Value, other: &Value, dice: &mut Dice) {
    let choice = dice.below(8);
    match value {
        Value::Object(fields) if choice < 6 => rearrange(fields, other, dice),
        Value::Array(entries) if choice < 3 => {
            let again = entries.get(dice.below(entries.len())).cloned();
            entries.extend(again);
        }
        Value::Array(entries) if choice < 5 && !entries.is_empty() => {
            entries.remove(dice.below(entries.len()));
        }
        Value::Number(number) if choice < 5 => {
            let near = number.as_i64().unwrap_or_default();
            *value = json!(near.wrapping_add(*dice.one(&[-1, 1, 10, -100, 1_000_000])));
        }
        Value::String(text) if choice < 5 => retype(text, dice),
        _ => *value = odd(other, dice),
    }
}

/// Takes a field away, adds one, or calls one by another name.
fn rearrange(fields: &mut Map<String, Value>, other: &Value, dice: &mut Dice) {
    let name = fields.keys().nth(dice.below(fields.len())).cloned();
    let Some(name) = name else {
        fields.insert("zzz".to_owned(), odd(other, dice));
        return;
    };
    match dice.below(4) {
        0 => drop(fields.remove(&name)),
        1 => {
            let value = fields.remove(&name).unwrap_or_default();
            fields.insert(format!("{name}s"), value);
        }
        2 => {
            let strangers = other.as_object().cloned().unwrap_or_default();
            let at = dice.below(strangers.len());
            fields.extend(strangers.into_iter().nth(at));
        }
        _ => drop(fields.insert(name, odd(other, dice))),
    }
}

fn retype(text: &mut String, dice: &mut Dice) {
    let at = dice.below(text.chars().count() + 1);
    let start: String = text.chars().take(at).collect();
    let rest: String = text.chars().skip(at + dice.below(3)).collect();
    let between = *dice.one(&[
        "", "0", "9", "-", ".", "e", "Z", "+", ":", "\u{0}", "\u{202e}", "\u{ff10}", "é",
        "\u{200b}", "😀", " ", "T24:00", "/",
    ]);
    *text = format!("{start}{between}{rest}");
}

/// A value that is seldom meant.
fn odd(other: &Value, dice: &mut Dice) -> Value {
    let long = "x".repeat(dice.below(3_000));
    let deep = (0..dice.below(40)).fold(json!(1), |inner, _| json!([inner]));
    let all = [
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("0"),
        json!("100.0001"),
        json!("2026-02-29"),
        json!("9999-12-31T23:59:60+25:00"),
        json!("1970-01-01T00:00:00Z"),
        json!(long),
        json!([]),
        json!({}),
        deep,
        other.clone(),
    ];
    dice.one(&all).clone()
}
