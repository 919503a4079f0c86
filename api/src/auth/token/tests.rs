//! What others will send as a token: forged, stretched, borrowed, malformed. Only what we made, for
//! as long as we said, is taken.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::id::{ApiKeyId, TenantId};
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Claims, InvalidToken, LEEWAY_SECONDS, key_id, sign, verify};

const NOW: i64 = 1_800_000_000;

struct Keys {
    pair: Ed25519KeyPair,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

fn keys() -> Keys {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("randomness");
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("its own form");
    Keys {
        encoding: EncodingKey::from_ed_der(pkcs8.as_ref()),
        decoding: DecodingKey::from_ed_der(pair.public_key().as_ref()),
        pair,
    }
}

fn claims() -> Claims {
    Claims {
        iss: "tamaru".to_owned(),
        aud: "tamaru-api".to_owned(),
        sub: "key".to_owned(),
        exp: NOW + 900,
        nbf: NOW,
        iat: NOW,
        jti: "1".to_owned(),
        tenant: TenantId::from_uuid(Uuid::from_u128(1)),
        scopes: vec!["purchases:write".to_owned()],
        stores: None,
        key: ApiKeyId::from_uuid(Uuid::from_u128(2)),
        grant: None,
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("in range")
}

/// A token of any header and claims, signed by the right key.
fn forged(keys: &Keys, header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = keys.pair.sign(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

fn good_header() -> Value {
    json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k1"})
}

#[test]
fn what_was_signed_is_read() {
    let keys = keys();
    let token = sign(&claims(), "k1", &keys.encoding).expect("signed");
    assert_eq!(key_id(&token), Ok("k1".to_owned()));
    assert_eq!(verify(&token, &keys.decoding, at(NOW)), Ok(claims()));
    let same = forged(&keys, &good_header(), &json!(claims()));
    assert_eq!(verify(&same, &keys.decoding, at(NOW)), Ok(claims()));
    let other = self::keys();
    assert_eq!(verify(&token, &other.decoding, at(NOW)), Err(InvalidToken));
}

#[test]
fn the_header_decides_nothing() {
    let keys = keys();
    let with = |name: &str, value: Value| {
        let mut header = good_header();
        header[name] = value;
        header
    };
    let mut headers: Vec<Value> = [
        "none", "None", "NONE", "HS256", "HS384", "RS256", "ES256", "eddsa", "",
    ]
    .into_iter()
    .map(|alg| with("alg", json!(alg)))
    .collect();
    headers.extend(["JWT", "jwt", "", "at+JWT"].map(|typ| with("typ", json!(typ))));
    let kids = [
        "",
        "../../dev/null",
        "' or 1=1",
        "https://example.com/key",
        "K1",
        "k 1",
        "k1\n",
    ];
    headers.extend(kids.map(|kid| with("kid", json!(kid))));
    headers.push(with("kid", json!("k".repeat(33))));
    headers.push(with("kid", json!(1)));
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("jku", json!("https://example.com")),
        ("x5u", json!("https://example.com")),
        ("jwk", json!({"kty": "OKP"})),
        ("x5c", json!([])),
        ("cty", json!("JWT")),
        ("zip", json!("DEF")),
    ] {
        headers.push(with(name, value));
    }
    headers.push(json!({"alg": "EdDSA", "typ": "at+jwt"}));
    headers.push(json!({"alg": "EdDSA", "kid": "k1"}));
    headers.push(json!([]));
    headers.push(json!("EdDSA"));
    for header in headers {
        let token = forged(&keys, &header, &json!(claims()));
        assert_eq!(
            verify(&token, &keys.decoding, at(NOW)),
            Err(InvalidToken),
            "{header}"
        );
    }
}

#[test]
fn every_claim_is_there_and_of_its_type() {
    let keys = keys();
    let good = json!(claims());
    for name in [
        "iss", "aud", "sub", "exp", "nbf", "iat", "jti", "tenant", "scopes", "key",
    ] {
        let mut bare = good.clone();
        bare.as_object_mut().expect("claims").remove(name);
        let token = forged(&keys, &good_header(), &bare);
        assert_eq!(
            verify(&token, &keys.decoding, at(NOW)),
            Err(InvalidToken),
            "without {name}"
        );
    }
    for (name, value) in [
        ("exp", json!("never")),
        ("exp", json!("1800000900")),
        ("exp", json!(u64::MAX)),
        ("exp", json!(1_800_000_900.5)),
        ("exp", json!(null)),
        ("exp", json!(NOW + 100 * 365 * 86_400)),
        ("exp", json!(NOW + 3_601)),
        ("exp", json!(NOW)),
        ("exp", json!(i64::MIN)),
        ("nbf", json!(NOW + 60)),
        ("nbf", json!("1800000000")),
        ("iat", json!(NOW + 60)),
        ("iat", json!(NOW - 60)),
        ("iat", json!(i64::MIN)),
        ("iat", json!(null)),
        ("aud", json!("other")),
        ("aud", json!(["tamaru-api"])),
        ("aud", json!("")),
        ("iss", json!("other")),
        ("iss", json!(["tamaru"])),
        ("sub", json!(1)),
        ("tenant", json!("ten_1")),
        ("tenant", json!("key_00000000000000000000000002")),
        ("key", json!("../..")),
        ("scopes", json!("purchases:write")),
        ("stores", json!("shibuya")),
        ("grant", json!(7)),
    ] {
        let mut changed = good.clone();
        changed[name] = value.clone();
        let token = forged(&keys, &good_header(), &changed);
        assert_eq!(
            verify(&token, &keys.decoding, at(NOW)),
            Err(InvalidToken),
            "{name} = {value}"
        );
    }
}

#[test]
fn a_token_is_good_for_its_time_and_a_breath() {
    let keys = keys();
    let token = sign(&claims(), "k1", &keys.encoding).expect("signed");
    for (second, is_good) in [
        (NOW - LEEWAY_SECONDS - 1, false),
        (NOW - LEEWAY_SECONDS, true),
        (NOW + 899, true),
        (NOW + 900 + LEEWAY_SECONDS - 1, true),
        (NOW + 900 + LEEWAY_SECONDS, false),
    ] {
        let outcome = verify(&token, &keys.decoding, at(second));
        assert_eq!(outcome.is_ok(), is_good, "{second}");
    }
}

fn without_end(text: &str, characters: usize) -> &str {
    text.get(..text.len() - characters).expect("ASCII")
}

#[test]
fn what_is_no_token_is_none() {
    let keys = keys();
    let token = sign(&claims(), "k1", &keys.encoding).expect("signed");
    let parts: Vec<&str> = token.split('.').collect();
    let (header, body, signature) = (parts[0], parts[1], parts[2]);
    // The last character holds bits that say nothing; only zeros are our own form.
    let last = signature.chars().last().expect("not empty");
    let loose = match last {
        'A' => 'B',
        'Q' => 'R',
        'g' => 'h',
        _ => 'x',
    };
    let mut cases = vec![
        String::new(),
        "a".to_owned(),
        "a.b".to_owned(),
        "a.b.c".to_owned(),
        "a.b.c.d".to_owned(),
        "....".to_owned(),
        "..".to_owned(),
        format!("{header}.{body}"),
        format!("{header}.{body}."),
        format!("{header}.{body}.{signature}."),
        format!("{header}.{body}.{signature}="),
        format!("{header}=.{body}.{signature}"),
        format!("{header}.{}.{signature}", without_end(body, 1)),
        format!("{header}.{body}.{}{loose}", without_end(signature, 1)),
        format!("{header}.{body}.{}", without_end(signature, 2)),
        format!(" {token}"),
        format!("{token}\n"),
        "e".repeat(100_000),
        format!("{header}.{}.{signature}", "a".repeat(5_000)),
        format!(
            "{}.{body}.{signature}",
            STANDARD.encode(good_header().to_string())
        ),
    ];
    let twice = r#"{"alg":"EdDSA","alg":"EdDSA","typ":"at+jwt","kid":"k1"}"#;
    cases.push(format!(
        "{}.{body}.{signature}",
        URL_SAFE_NO_PAD.encode(twice)
    ));
    for case in cases {
        let shown: String = case.chars().take(80).collect();
        assert_eq!(
            verify(&case, &keys.decoding, at(NOW)),
            Err(InvalidToken),
            "{shown}"
        );
    }
}
