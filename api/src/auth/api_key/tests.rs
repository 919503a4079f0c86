//! A key is recognised by its form alone; anything else is refused before a look-up.

use argon2::password_hash::phc::PasswordHash;
use domain::id::ApiKeyId;

use super::{HashFailure, Mode, PresentedKey, generate, hash, last_four};
use crate::clock;

fn made(mode: Mode) -> (ApiKeyId, String) {
    let id = ApiKeyId::from_uuid(clock::new_id());
    (id, generate(mode, id).expect("randomness"))
}

#[test]
fn a_made_key_is_recognised_with_its_id() {
    for (mode, prefix) in [
        (Mode::Live, "tmr_live_"),
        (Mode::Test, "tmr_test_"),
        (Mode::Partner, "tmr_partner_"),
    ] {
        let (id, key) = made(mode);
        assert!(key.starts_with(prefix), "{key}");
        assert_eq!(PresentedKey::parse(&key).expect("its own form").id(), id);
        assert_eq!(last_four(&key).len(), 4);
    }
}

#[test]
fn any_changed_character_is_noticed() {
    let (_, key) = made(Mode::Live);
    for position in 0..key.len() {
        let mut bytes = key.clone().into_bytes();
        bytes[position] = if bytes[position] == b'0' { b'1' } else { b'0' };
        let changed = String::from_utf8(bytes).expect("ASCII");
        assert!(
            PresentedKey::parse(&changed).is_none(),
            "{position}: {changed}"
        );
    }
}

#[test]
fn other_forms_are_refused() {
    let (_, key) = made(Mode::Live);
    let cases = [
        String::new(),
        "x".to_owned(),
        "tmr_live_".to_owned(),
        "x".repeat(10_000),
        format!(" {key}"),
        format!("{key}\n"),
        format!("{key}0"),
        key.replace("tmr_live_", "tmr_test_"),
        key.replace("tmr_live_", "sk_live_"),
        key.to_uppercase(),
        key.chars().take(key.len() - 1).collect(),
        format!("{}é", key.get(..key.len() - 2).unwrap_or_default()),
    ];
    for text in cases {
        assert!(PresentedKey::parse(&text).is_none(), "{text}");
    }
}

#[test]
fn only_its_own_hash_matches() -> Result<(), HashFailure> {
    let (_, key) = made(Mode::Live);
    let (_, other) = made(Mode::Live);
    let stored = hash(&key)?;
    assert!(
        stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
        "{stored}"
    );
    let key = PresentedKey::parse(&key).expect("its own form");
    assert!(key.matches(Some(&stored)));
    assert!(!key.matches(Some(&hash(&other)?)));
    assert!(!key.matches(None));
    assert!(!key.matches(Some("rubbish")));
    Ok(())
}

#[test]
fn a_key_that_does_not_exist_is_hashed_all_the_same() -> Result<(), HashFailure> {
    let (_, key) = made(Mode::Live);
    let stored = hash(&key)?;
    let parsed = |text| PasswordHash::new(text).expect("a hash that is not looked at at once");
    let (real, nobodys) = (parsed(&stored), parsed(super::NOBODYS_HASH));
    assert_eq!(nobodys.algorithm, real.algorithm);
    assert_eq!(nobodys.version, real.version);
    assert_eq!(nobodys.params, real.params);
    let bytes = |hash: &PasswordHash| Some(hash.hash.as_ref()?.len());
    assert_eq!(bytes(&nobodys), bytes(&real));
    assert!(nobodys.salt.is_some());
    Ok(())
}
