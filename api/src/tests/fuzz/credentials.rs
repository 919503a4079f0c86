//! Keys, tokens and forms of token requests: only what was made here is taken.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use domain::id::{ApiKeyId, TenantId};
use jiff::Timestamp;
use jsonwebtoken::{DecodingKey, EncodingKey};
use uuid::Uuid;

use super::{feed, told};
use crate::auth::api_key::{Mode, PresentedKey, generate};
use crate::auth::token::{Claims, key_id, sign, verify};
use crate::page::parse_query;

const NOW: i64 = 1_800_000_000;

#[test]
fn keys() {
    let modes = [Mode::Live, Mode::Test, Mode::Partner];
    let make = |n: u128| {
        generate(
            modes[usize::try_from(n % 3).expect("small")],
            ApiKeyId::from_uuid(Uuid::from_u128(n)),
        )
    };
    let made: Vec<String> = (0..30).map(|n| make(n).expect("randomness")).collect();
    let mut seeds: Vec<Vec<u8>> = made.iter().map(|key| key.clone().into_bytes()).collect();
    seeds.push(b"tmr_live_x".to_vec());
    feed("keys", seeds, |input| {
        let text = String::from_utf8_lossy(input);
        let Some(key) = PresentedKey::parse(&text) else {
            // By its first letters, so that what gets far is kept.
            let far = text
                .chars()
                .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                .count();
            return format!("refused after {}", far.min(90));
        };
        // The check is of 35 bits: nothing else gets by it by chance.
        assert!(
            made.iter().any(|made| *made == text),
            "{text} was not made here"
        );
        assert!(text.contains(key.id().to_string().trim_start_matches(ApiKeyId::PREFIX)));
        "taken".to_owned()
    });
}

fn claims(n: u128) -> Claims {
    Claims {
        iss: "tamaru".to_owned(),
        aud: "tamaru-api".to_owned(),
        sub: ApiKeyId::from_uuid(Uuid::from_u128(n)).to_string(),
        exp: NOW + 900,
        nbf: NOW,
        iat: NOW,
        jti: n.to_string(),
        tenant: TenantId::from_uuid(Uuid::from_u128(1)),
        scopes: vec!["purchases:write".to_owned()],
        stores: n.is_multiple_of(2).then(|| vec!["shibuya".to_owned()]),
        key: ApiKeyId::from_uuid(Uuid::from_u128(n)),
        grant: None,
    }
}

#[test]
fn tokens() {
    let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("randomness");
    let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).expect("its own form");
    let signs = EncodingKey::from_ed_der(pkcs8.as_ref());
    let verifies = DecodingKey::from_ed_der(pair.public_key().as_ref());
    let made: Vec<String> = (0..20)
        .map(|n| sign(&claims(n), "k1", &signs).expect("signed"))
        .collect();
    let seeds = made
        .iter()
        .map(|token| token.clone().into_bytes())
        .collect();
    let now = Timestamp::from_second(NOW).expect("in range");
    feed("tokens", seeds, |input| {
        let text = String::from_utf8_lossy(input);
        let Ok(claims) = verify(&text, &verifies, now) else {
            return format!(
                "refused {} {}",
                key_id(&text).is_ok(),
                text.matches('.').count().min(5)
            );
        };
        // One way to write each token: nobody can make a second one of it.
        assert!(
            made.iter().any(|made| *made == text),
            "{text} was not made here"
        );
        let again = sign(&claims, "k1", &signs).expect("signed");
        assert_eq!(verify(&again, &verifies, now).as_ref(), Ok(&claims));
        "taken".to_owned()
    });
}

#[test]
fn forms() {
    let seeds = [
        "grant_type=client_credentials&client_id=key_1&client_secret=tmr_live_x",
        "grant_type=client_credentials&tenant=ten_01k3z8q4v5e7r9t2y4a6b8c0d1&scope=purchases%3Awrite+members%3Aread",
        "grant_type=password&grant_type=client_credentials&x=%ff%00",
        "",
    ];
    let seeds = seeds.iter().map(|text| text.as_bytes().to_vec()).collect();
    feed("forms", seeds, |input| {
        let text = String::from_utf8_lossy(input);
        told(&parse_query::<crate::tokens::create::NewToken>(&text))
    });
}
