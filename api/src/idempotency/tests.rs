use super::{IdempotencyKey, MAX_KEY_CHARACTERS, digest};

fn check(text: &str, expected: bool) {
    assert_eq!(IdempotencyKey::parse(text).is_ok(), expected, "{text:?}");
}

#[test]
fn a_key_is_1_to_255_visible_ascii_characters() {
    check("", false);
    check("a", true);
    check(&"a".repeat(MAX_KEY_CHARACTERS), true);
    check(&"a".repeat(MAX_KEY_CHARACTERS + 1), false);
    check("with space", false);
    check("tab\t", false);
    check("é", false);
    check("!~", true);
}

#[test]
fn parts_can_not_run_into_each_other() {
    assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    assert_ne!(digest(&[b"ab"]), digest(&[b"ab", b""]));
    assert_eq!(digest(&[b"ab", b"c"]), digest(&[b"ab", b"c"]));
}
