//! A code is the text that it was made of, whatever its length.

use super::Code;

#[test]
fn codes_are_texts_of_any_length() {
    let texts = ["", "base", "rank:members", "点数", "twenty-two-bytes-long-"];
    let edge = ["twenty-three-bytes-long", "twenty-four-bytes-longer"];
    let long = "x".repeat(300);
    for text in texts.into_iter().chain(edge).chain([long.as_str()]) {
        let code = Code::from(text);
        assert_eq!(code.as_str(), text);
        assert_eq!(code, *text);
        assert_eq!(code, Code::from(text.to_owned()));
        assert_ne!(code, Code::from(format!("{text}\0")));
        assert_eq!(String::from(code.clone()), text);
        let json = serde_json::to_string(&code).unwrap();
        assert_eq!(json, serde_json::to_string(text).unwrap());
        assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), code);
        assert_eq!(format!("{code} {code:?}"), format!("{text} {text:?}"));
    }
    assert_ne!(Code::from("a"), Code::from("b"));
}

#[test]
fn a_code_is_three_words() {
    assert_eq!(size_of::<Code>(), 24);
}
