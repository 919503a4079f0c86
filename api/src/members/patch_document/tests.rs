use serde_json::{Value, json};

use super::{merge, unknown_fields};

fn check(target: Value, patch: Value, expected: &Value) {
    let mut merged = target;
    merge(&mut merged, patch);
    assert_eq!(merged, *expected);
}

/// The table of RFC 7396, appendix A.
#[test]
fn a_merge_patch_does_what_its_standard_says() {
    check(json!({"a": "b"}), json!({"a": "c"}), &json!({"a": "c"}));
    check(
        json!({"a": "b"}),
        json!({"b": "c"}),
        &json!({"a": "b", "b": "c"}),
    );
    check(json!({"a": "b"}), json!({"a": null}), &json!({}));
    check(
        json!({"a": "b", "b": "c"}),
        json!({"a": null}),
        &json!({"b": "c"}),
    );
    check(json!({"a": ["b"]}), json!({"a": "c"}), &json!({"a": "c"}));
    check(json!({"a": "c"}), json!({"a": ["b"]}), &json!({"a": ["b"]}));
    check(
        json!({"a": {"b": "c"}}),
        json!({"a": {"b": "d", "c": null}}),
        &json!({"a": {"b": "d"}}),
    );
    check(
        json!({"a": [{"b": "c"}]}),
        json!({"a": [1]}),
        &json!({"a": [1]}),
    );
    check(json!(["a", "b"]), json!(["c", "d"]), &json!(["c", "d"]));
    check(json!({"a": "b"}), json!(["c"]), &json!(["c"]));
    check(json!({"a": "foo"}), json!(null), &json!(null));
    check(json!({"a": "foo"}), json!("bar"), &json!("bar"));
    check(
        json!({"e": null}),
        json!({"a": 1}),
        &json!({"e": null, "a": 1}),
    );
    check(
        json!([1, 2]),
        json!({"a": "b", "c": null}),
        &json!({"a": "b"}),
    );
    check(
        json!({}),
        json!({"a": {"bb": {"ccc": null}}}),
        &json!({"a": {"bb": {}}}),
    );
}

#[test]
fn an_unknown_field_is_named_even_when_it_is_null() {
    let document = json!({"a": null, "b": 1});
    let pointers = |patch: Value| -> Vec<String> {
        let faults = unknown_fields(&document, &patch);
        faults.into_iter().map(|fault| fault.pointer).collect()
    };
    assert_eq!(pointers(json!({"a": 1, "b": null})), [""; 0]);
    assert_eq!(pointers(json!({"c": null, "d/e": 1})), ["/c", "/d~1e"]);
}
