//! Cursors are taken only where they were given; parameters only when all are known.

use secrecy::SecretString;
use serde::Deserialize;

use super::{Cursors, NoQuery, Page, PageQuery, PageSize, parse_query};
use crate::secrets::Secrets;

fn cursors() -> Cursors {
    let secrets = Secrets::new(SecretString::from("m".repeat(32))).expect("long enough");
    Cursors::new(&secrets).expect("derivable")
}

#[test]
fn a_cursor_leads_on_only_in_its_own_list() {
    let cursors = cursors();
    let cursor = cursors
        .of(1, "stores", "")
        .encode(&"shibuya")
        .expect("encoded");
    let read = |tenant, route, filters| {
        cursors
            .of(tenant, route, filters)
            .decode::<String>(Some(&cursor))
    };
    assert_eq!(
        read(1, "stores", "").expect("own"),
        Some("shibuya".to_owned())
    );
    assert!(read(2, "stores", "").is_err(), "another tenant's");
    assert!(read(1, "purchases", "").is_err(), "another list's");
    assert!(read(1, "stores", "zone=x").is_err(), "another filter's");
}

#[test]
fn a_cursor_that_was_touched_is_refused() {
    let cursors = cursors();
    let list = cursors.of(1, "stores", "");
    let cursor = list.encode(&"shibuya").expect("encoded");
    let shorter: String = cursor.chars().take(cursor.len() - 1).collect();
    let mut flipped = cursor.clone().into_bytes();
    flipped[3] = if flipped[3] == b'A' { b'B' } else { b'A' };
    let flipped = String::from_utf8(flipped).expect("ASCII");
    let long = "A".repeat(10_000);
    for wrong in [
        "",
        "x",
        "%",
        shorter.as_str(),
        flipped.as_str(),
        long.as_str(),
    ] {
        let problem = list.decode::<String>(Some(wrong)).expect_err("refused");
        assert_eq!(problem.kind.code(), "invalid_cursor", "{wrong}");
    }
    assert_eq!(list.decode::<String>(None).expect("first page"), None);
}

#[test]
fn the_limit_is_a_number_from_1_to_200() {
    for (query, entries) in [
        ("", Some(50)),
        ("limit=1", Some(1)),
        ("limit=200", Some(200)),
        ("limit=0", None),
        ("limit=201", None),
        ("limit=-1", None),
        ("limit=%2B1", None),
        ("limit=1e3", None),
        ("limit=abc", None),
        ("limit=", None),
        ("limit=1&limit=2", None),
        ("limit=1&nope=2", None),
        ("Limit=1", None),
    ] {
        let parsed = parse_query::<PageQuery>(query).map(|query| query.limit.entries());
        match entries {
            Some(entries) => assert_eq!(parsed.expect("accepted"), entries, "{query}"),
            None => {
                let problem = parsed.expect_err("refused");
                assert_eq!(problem.kind.code(), "invalid_parameter", "{query}");
            }
        }
    }
    assert!(parse_query::<NoQuery>("a=b").is_err());
    assert!(parse_query::<NoQuery>("").is_ok());
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filters {
    #[serde(rename = "limit", default)]
    _limit: PageSize,
    #[serde(rename = "colour")]
    _colour: Colour,
    #[serde(rename = "size")]
    _size: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Colour {
    Red,
}

#[test]
fn what_is_wrong_with_a_query_is_said_of_its_parameter() {
    for (query, pointer, code) in [
        ("colour=red&limit=0", "/limit", "invalid_value"),
        ("limit=0&colour=red", "/limit", "invalid_value"),
        ("colour=zz", "/colour", "invalid_value"),
        ("colour=red&size=300", "/size", "invalid_value"),
        ("colour=zz&size=300", "/colour", "invalid_value"),
        ("colour=red&zz=1", "/zz", "unknown_field"),
        ("colour=red&a%2Fb=1", "/a~1b", "unknown_field"),
        ("colour=red&colour=red", "/colour", "duplicate"),
        ("size=1", "/colour", "required"),
    ] {
        let problem = parse_query::<Filters>(query).expect_err("refused");
        let fault = problem.errors.first().expect("one");
        let code_of_fault = fault.code.as_str();
        assert_eq!(
            (fault.pointer.as_str(), code_of_fault),
            (pointer, code),
            "{query}"
        );
    }
}

#[test]
fn the_last_page_has_no_cursor() {
    let cursors = cursors();
    let list = cursors.of(1, "stores", "");
    let size = PageSize(2);
    let page = Page::cut(vec![1, 2, 3], size, &list, |n| *n).expect("cut");
    assert_eq!(page.data, [1, 2]);
    assert_eq!(
        list.decode::<i32>(page.next_cursor.as_deref())
            .expect("own"),
        Some(2)
    );
    let page = Page::cut(vec![1, 2], size, &list, |n| *n).expect("cut");
    assert_eq!((page.data.len(), page.next_cursor), (2, None));
}
