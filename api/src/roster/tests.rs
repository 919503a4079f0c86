use domain::id::MemberId;
use domain::receipt::MemberRef;
use secrecy::SecretString;
use uuid::Uuid;

use super::normal::{country_code, national_twin, normalised};
use super::{IdentifierKind, LookUp, LookUpKeys};
use crate::db::TenantNumber;
use crate::secrets::Secrets;

fn keys() -> LookUpKeys {
    LookUpKeys::new(Secrets::new(SecretString::from("x".repeat(32))).unwrap())
}

fn check(kind: IdentifierKind, text: &str, expected: &str) {
    assert_eq!(normalised(kind, text), expected, "{text:?}");
}

#[test]
fn a_card_is_the_same_in_any_width_and_grouping() {
    check(IdentifierKind::Card, "2900000012345", "2900000012345");
    check(IdentifierKind::Card, " 2900-0000 12345 ", "2900000012345");
    check(
        IdentifierKind::Card,
        "２９００－００００　１２３４５",
        "2900000012345",
    );
    check(IdentifierKind::Card, "2900‐0000–12345", "2900000012345");
    check(IdentifierKind::Card, "Ab-1", "Ab1");
    check(IdentifierKind::Card, "ab-1", "ab1");
    check(IdentifierKind::Card, " - ", "");
}

#[test]
fn a_phone_number_is_its_digits() {
    check(IdentifierKind::Phone, "090-1234-5678", "09012345678");
    check(IdentifierKind::Phone, "(090) 1234.5678", "09012345678");
    check(
        IdentifierKind::Phone,
        "０９０ー１２３４ー５６７８",
        "09012345678",
    );
    check(IdentifierKind::Phone, "+81 90-1234-5678", "+819012345678");
    check(
        IdentifierKind::Phone,
        "+81 (0)90-1234-5678",
        "+819012345678",
    );
    check(IdentifierKind::Phone, "＋81 90 1234 5678", "+819012345678");
    check(IdentifierKind::Phone, "0081 90 1234 5678", "+819012345678");
    check(IdentifierKind::Phone, "(03) 1234-5678", "0312345678");
    check(IdentifierKind::Phone, "call me", "callme");
}

#[test]
fn an_email_is_the_same_in_any_case() {
    check(
        IdentifierKind::Email,
        " Hanako@Example.COM ",
        "hanako@example.com",
    );
    check(IdentifierKind::Email, "a@B@C.jp", "a@b@c.jp");
    check(IdentifierKind::Email, "NoAt", "noat");
}

#[test]
fn an_external_id_is_taken_as_it_is() {
    check(IdentifierKind::ExternalId, " A-1 ", " A-1 ");
}

#[test]
fn a_number_of_the_tenants_country_has_two_forms() {
    let twin = |phone: &str| national_twin(phone, "81");
    assert_eq!(twin("09012345678").as_deref(), Some("+819012345678"));
    assert_eq!(twin("+819012345678").as_deref(), Some("09012345678"));
    assert_eq!(twin("+4915112345678"), None);
    assert_eq!(twin("9012345678"), None);
    assert_eq!(twin("+810901234567"), None);
    assert_eq!(twin("0012345"), None);
    assert_eq!(country_code("JPY"), Some("81"));
    assert_eq!(country_code("EUR"), None);
    assert_eq!(country_code("jpy"), None);
}

#[test]
fn a_hash_belongs_to_tenant_kind_and_value() {
    let keys = keys();
    let hash =
        |tenant: i64, member: &MemberRef| keys.look_up(TenantNumber(tenant), member).unwrap();
    let card = MemberRef::Card("29-1".into());
    assert_eq!(hash(1, &card), hash(1, &MemberRef::Card("291".into())));
    assert_ne!(hash(1, &card), hash(2, &card));
    assert_ne!(hash(1, &card), hash(1, &MemberRef::Card("292".into())));
    assert_ne!(
        hash(1, &MemberRef::Card("291".into())),
        hash(1, &MemberRef::ExternalId("291".into()))
    );
}

#[test]
fn an_id_needs_no_hash() {
    let id = MemberId::from_uuid(Uuid::from_u128(7));
    assert_eq!(
        keys().look_up(TenantNumber(1), &MemberRef::Id(id)).unwrap(),
        LookUp::Id(id)
    );
}

#[test]
fn every_kind_is_found_by_its_name() {
    for kind in [
        IdentifierKind::Card,
        IdentifierKind::ExternalId,
        IdentifierKind::Phone,
        IdentifierKind::Email,
    ] {
        assert_eq!(IdentifierKind::from_name(kind.as_str()), Some(kind));
    }
    assert_eq!(IdentifierKind::from_name("id"), None);
}
