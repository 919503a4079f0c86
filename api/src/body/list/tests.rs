use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::Listing;
use crate::body::parse;
use crate::problem::ProblemKind;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    things: Vec<IgnoredAny>,
}

fn read(text: &str) -> Result<Listing<Envelope>, ProblemKind> {
    Listing::read(Bytes::copy_from_slice(text.as_bytes())).map_err(|problem| problem.kind)
}

#[test]
fn entries_are_cut_where_json_ends_them() {
    let rows: [(&str, &[&str]); 9] = [
        (r#"{"things":[]}"#, &[]),
        (" { \"things\" : [ \n ] } ", &[]),
        (r#"{"things":[1]}"#, &["1"]),
        (
            r#"{"things":[1,"a",null,{},[]]}"#,
            &["1", "\"a\"", "null", "{}", "[]"],
        ),
        (
            r#"{"things":[{"a":[1,2],"b":{}},{"c":[]}]}"#,
            &[r#"{"a":[1,2],"b":{}}"#, r#"{"c":[]}"#],
        ),
        (
            r#"{"things":["],[","\"],","\\","\\\","]}"#,
            &[r#""],[""#, r#""\"],""#, r#""\\""#, r#""\\\",""#],
        ),
        (r#"{"things":[{"k]":"}{"}]}"#, &[r#"{"k]":"}{"}"#]),
        (r#"{"things":[[[1],[2]],[3]]}"#, &["[[1],[2]]", "[3]"]),
        (r#"{"things":["あ,い"]}"#, &["\"あ,い\""]),
    ];
    for (text, expected) in rows {
        let listing = read(text).unwrap();
        let entries: Vec<String> = listing
            .entries()
            .iter()
            .map(|entry| String::from_utf8_lossy(entry).trim().to_owned())
            .collect();
        assert_eq!(entries, expected, "{text}");
        assert_eq!(listing.envelope.things.len(), expected.len(), "{text}");
    }
}

#[test]
fn the_envelope_is_refused_as_a_whole() {
    let rows = [
        ("", ProblemKind::MalformedJson),
        (r#"{"things":[1,]}"#, ProblemKind::MalformedJson),
        (r#"{"things":[1]} x"#, ProblemKind::MalformedJson),
        (r#"{"things":[1]"#, ProblemKind::MalformedJson),
        ("[]", ProblemKind::ValidationFailed),
        ("null", ProblemKind::ValidationFailed),
        ("{}", ProblemKind::ValidationFailed),
        (r#"{"things":null}"#, ProblemKind::ValidationFailed),
        (r#"{"things":{}}"#, ProblemKind::ValidationFailed),
        (r#"{"things":[],"more":1}"#, ProblemKind::ValidationFailed),
        (r#"{"things":[],"things":[]}"#, ProblemKind::DuplicateKey),
    ];
    for (text, expected) in rows {
        assert_eq!(read(text).err(), Some(expected), "{text}");
    }
    let not_utf8 = Bytes::from_static(b"{\"things\":[\"\xff\"]}");
    let refused = Listing::<Envelope>::read(not_utf8).map_err(|problem| problem.kind);
    assert_eq!(refused.err(), Some(ProblemKind::MalformedJson));
}

#[test]
fn what_is_wrong_inside_an_entry_is_left_to_its_reader() {
    let listing = read(r#"{"things":[{"a":1,"a":2},{"a":"\u0000"},{"a":1e999},{"a":1}]}"#).unwrap();
    let read: Vec<_> = listing
        .entries()
        .iter()
        .map(|entry| parse::<serde_json::Value>(entry).map_err(|problem| problem.kind))
        .collect();
    assert_eq!(read[0], Err(ProblemKind::DuplicateKey));
    assert_eq!(read[1], Err(ProblemKind::ValidationFailed));
    assert_eq!(read[2], Err(ProblemKind::ValidationFailed));
    assert!(read[3].is_ok());
}
