use proptest::prelude::{Strategy, any, prop, prop_assert, prop_oneof, proptest};
use serde::de::IgnoredAny;

use super::is_plain;
use crate::body::strict;

/// Strings as they stand in a text, with and without what `strict` refuses.
fn string() -> impl Strategy<Value = String> {
    let content = prop_oneof![
        prop::sample::select(vec![
            "a", "b", "ab", "\\u0061", "é", "円", "¥", "\u{80}", "\\u0007", "\\n", "\u{7f}", "\"",
            "", "{", "]", ":", "\t",
        ])
        .prop_map(str::to_owned),
        "[a-c]{0,2}",
    ];
    content.prop_map(|content| format!("\"{content}\""))
}

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", "", " ", "\n\t"])
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        string(),
        any::<i32>().prop_map(|number| number.to_string()),
        prop::sample::select(vec!["null", "true", "1.5e3", "x"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(20, 60, 4, |inner| {
        let entry = (string(), space(), inner.clone())
            .prop_map(|(key, space, value)| format!("{key}{space}:{space}{value}"));
        let list = prop::collection::vec(inner, 0..4);
        prop_oneof![
            (prop::collection::vec(entry, 0..5), space()).prop_map(|(entries, space)| {
                format!("{{{space}{}{space}}}", entries.join(","))
            }),
            list.prop_map(|items| format!("[{}]", items.join(" ,"))),
        ]
    })
}

proptest! {
    /// Whatever is plain and can be read is an object that the exact look lets through.
    #[test]
    fn what_is_plain_is_never_refused(text in value(), around in space()) {
        let text = format!("{around}{text}{around}");
        if is_plain(&text) && serde_json::from_str::<IgnoredAny>(&text).is_ok() {
            prop_assert!(strict::check(text.as_bytes()).is_ok(), "{text}");
            let is_object = text.trim_start().as_bytes().first() == Some(&b'{');
            prop_assert!(is_object, "{}", text);
        }
    }
}

fn nested(depth: usize) -> String {
    format!(
        "{{\"a\":{}{}}}",
        "[".repeat(depth - 1),
        "]".repeat(depth - 1)
    )
}

fn of_keys(keys: usize) -> String {
    let entries: Vec<String> = (0..keys).map(|key| format!("\"k{key}\":{key}")).collect();
    format!("{{{}}}", entries.join(","))
}

#[test]
fn the_usual_receipt_is_plain_and_what_strict_refuses_is_not() {
    let receipt = r#"{"store":"s1","occurred_at":"2026-11-29T11:45:42Z","member":{"id":"m"},"lines":[{"sku":"円","amount":1},
        {"sku":"a","amount":2}],"note":null}"#;
    assert!(is_plain(receipt));
    for (text, is_right) in [
        (r#"{"a":1,"b":{"a":2},"c":[{"a":1},{"a":1}]}"#, true),
        (r#"{"a":1, "a" : 2}"#, false),
        (r#"{"b":{"a":1},"c":{"a":1,"x":[{"y":1}],"a":2}}"#, false),
        (r#"{"a":"\u0007"}"#, false),
        ("{\"a\":\"\u{7f}\"}", false),
        ("{\"a\":\"\u{85}\"}", false),
        (r#"["a"]"#, false),
        ("", false),
        ("{}}", false),
    ] {
        assert_eq!(is_plain(text), is_right, "{text}");
    }
    assert!(is_plain(&nested(16)));
    assert!(!is_plain(&nested(17)));
    assert!(is_plain(&of_keys(super::MAX_KEYS)));
    assert!(!is_plain(&of_keys(super::MAX_KEYS + 1)));
}
