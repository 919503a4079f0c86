//! Cursors and parameters of lists.

use serde_json::json;

use super::{feed, refusal, told};
use crate::page::{Cursors, PageQuery, parse_query};
use crate::secrets::Secrets;

#[test]
fn cursors() {
    let secrets =
        Secrets::new("master-key-of-fuzzing-and-of-nothing-else".into()).expect("long enough");
    let cursors = Cursors::new(&secrets).expect("derived");
    let (ours, theirs) = (
        cursors.of(1, "/v1/stores", "a"),
        cursors.of(2, "/v1/stores", "a"),
    );
    let positions: Vec<_> = (0..20).map(|n| json!([n, "last", null])).collect();
    let encode = |position| ours.encode(position).expect("encoded");
    let made: Vec<String> = positions.iter().map(encode).collect();
    let mut seeds: Vec<Vec<u8>> = made
        .iter()
        .map(|cursor| cursor.clone().into_bytes())
        .collect();
    seeds.push(theirs.encode(&json!(1)).expect("encoded").into_bytes());
    seeds.push(b"x".to_vec());
    feed("cursors", seeds, |input| {
        let text = String::from_utf8_lossy(input);
        match ours.decode::<serde_json::Value>(Some(&text)) {
            Ok(position) => {
                // One way to write each place, and only for its own list.
                let place = made.iter().position(|made| *made == text);
                let place = place.unwrap_or_else(|| panic!("{text} was not made here"));
                assert_eq!(position.as_ref(), positions.get(place));
                assert!(theirs.decode::<serde_json::Value>(Some(&text)).is_err());
                "taken".to_owned()
            }
            Err(problem) => format!("{} {}", refusal(&problem), text.len().min(200)),
        }
    });
}

#[test]
fn queries() {
    let seeds = [
        "limit=50",
        "limit=1&cursor=abc",
        "cursor=%00%ff&limit=201",
        "limit=1&limit=2",
        "store=shibuya&from=2026-01-01&to=2026-02-01",
        "",
    ];
    let seeds = seeds.iter().map(|text| text.as_bytes().to_vec()).collect();
    feed("queries", seeds, |input| {
        let text = String::from_utf8_lossy(input);
        told(&parse_query::<PageQuery>(&text))
    });
}
