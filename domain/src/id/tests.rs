//! Ids outside: strict in, sortable out.

use super::{IdError, MemberId, PurchaseId, derived};
use uuid::Uuid;

const MAX: &str = "mem_7zzzzzzzzzzzzzzzzzzzzzzzzz";

#[test]
fn an_id_is_its_prefix_and_26_characters() {
    let zero = MemberId::from_uuid(Uuid::nil());
    assert_eq!(zero.to_string(), "mem_00000000000000000000000000");
    assert_eq!(MemberId::from_uuid(Uuid::max()).to_string(), MAX);
    let some = MemberId::from_uuid(Uuid::from_u128(0x0199_1234_5678_7abc_8def_0123_4567_89ab));
    assert_eq!(some.to_string().parse(), Ok(some));
    let json = serde_json::to_string(&some).unwrap();
    assert_eq!(serde_json::from_str::<MemberId>(&json).unwrap(), some);
}

#[test]
fn anything_else_is_refused_with_its_reason() {
    for (text, expected) in [
        ("", IdError::Prefix("mem_")),
        ("pur_00000000000000000000000000", IdError::Prefix("mem_")),
        ("MEM_00000000000000000000000000", IdError::Prefix("mem_")),
        ("mem_", IdError::Length),
        ("mem_0000000000000000000000000", IdError::Length),
        ("mem_000000000000000000000000000", IdError::Length),
        ("mem_0000000000000000000000000u", IdError::Alphabet),
        ("mem_0000000000000000000000000O", IdError::Alphabet),
        ("mem_000000000000000000000000é", IdError::Alphabet),
        ("mem_80000000000000000000000000", IdError::Overflow),
    ] {
        assert_eq!(text.parse::<MemberId>(), Err(expected), "{text}");
    }
    assert!(MAX.parse::<MemberId>().is_ok());
    assert!(serde_json::from_str::<PurchaseId>("7").is_err());
}

#[test]
fn text_sorts_as_the_bits_do() {
    let small = MemberId::from_uuid(Uuid::from_u128(31));
    let large = MemberId::from_uuid(Uuid::from_u128(32));
    assert!(small < large && small.to_string() < large.to_string());
}

#[test]
fn derived_ids_keep_version_and_variant() {
    let seed = Uuid::from_u128(0x0199_1234_5678_7abc_bfff_ffff_ffff_ffff);
    assert_eq!(derived(seed, 0), seed);
    let next = derived(seed, 1);
    assert_eq!(next.as_u128(), 0x0199_1234_5678_7abc_8000_0000_0000_0000);
    assert_eq!(next.get_version_num(), 7);
    let seed = Uuid::from_u128(0x0199_1234_5678_7abc_8000_0000_0000_0001);
    assert_eq!(derived(seed, 2).as_u128(), seed.as_u128() + 2);
}
