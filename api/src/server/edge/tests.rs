//! Only harmless request ids are taken over.

use super::is_harmless;

#[test]
fn request_ids_are_short_and_plain() {
    for (value, taken) in [
        ("a", true),
        ("A-z_09", true),
        ("", false),
        ("a b", false),
        ("a\r\nSet-Cookie: x", false),
        ("é", false),
        ("a.b", false),
    ] {
        assert_eq!(is_harmless(value), taken, "{value}");
    }
    assert!(is_harmless(&"x".repeat(64)));
    assert!(!is_harmless(&"x".repeat(65)));
}
