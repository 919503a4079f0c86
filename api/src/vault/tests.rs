use secrecy::SecretString;
use uuid::Uuid;

use super::{Owner, Vault, VaultError};
use crate::db::TenantNumber;
use crate::secrets::Secrets;

fn vault(letter: &str) -> Vault {
    Vault::new(Secrets::new(SecretString::from(letter.repeat(32))).unwrap())
}

fn owner(tenant: i64, member: u128) -> Owner {
    Owner {
        tenant: TenantNumber(tenant),
        member: Uuid::from_u128(member),
    }
}

#[test]
fn what_was_sealed_opens_again() {
    let vault = vault("x");
    let (key, wrapped) = vault.new_key(owner(1, 7)).unwrap();
    for plain in ["", "花子", &"long ".repeat(1000)] {
        let sealed = key.seal("profile", plain.as_bytes()).unwrap();
        let again = vault.unwrap_key(owner(1, 7), &wrapped).unwrap();
        assert_eq!(again.open("profile", &sealed).unwrap(), plain.as_bytes());
    }
}

#[test]
fn the_text_does_not_show_and_no_two_seals_are_equal() {
    let (key, _) = vault("x").new_key(owner(1, 7)).unwrap();
    let first = key.seal("profile", b"hanako").unwrap();
    let second = key.seal("profile", b"hanako").unwrap();
    assert_ne!(first, second);
    assert!(!first.windows(6).any(|part| part == b"hanako"));
}

#[test]
fn every_changed_byte_is_noticed() {
    let (key, _) = vault("x").new_key(owner(1, 7)).unwrap();
    let sealed = key.seal("profile", b"hanako").unwrap();
    for position in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        assert_eq!(key.open("profile", &changed), Err(VaultError), "{position}");
    }
    for length in 0..sealed.len() {
        assert_eq!(
            key.open("profile", &sealed[..length]),
            Err(VaultError),
            "{length}"
        );
    }
}

#[test]
fn a_seal_opens_only_for_its_field() {
    let (key, _) = vault("x").new_key(owner(1, 7)).unwrap();
    let sealed = key.seal("card", b"291").unwrap();
    assert_eq!(key.open("phone", &sealed), Err(VaultError));
}

#[test]
fn a_wrapped_key_opens_only_for_its_member_tenant_and_master() {
    let (_, wrapped) = vault("x").new_key(owner(1, 7)).unwrap();
    assert!(vault("x").unwrap_key(owner(1, 7), &wrapped).is_ok());
    assert!(vault("x").unwrap_key(owner(1, 8), &wrapped).is_err());
    assert!(vault("x").unwrap_key(owner(2, 7), &wrapped).is_err());
    assert!(vault("y").unwrap_key(owner(1, 7), &wrapped).is_err());
}

#[test]
fn two_members_have_two_keys() {
    let vault = vault("x");
    let (one, _) = vault.new_key(owner(1, 7)).unwrap();
    let (other, _) = vault.new_key(owner(1, 8)).unwrap();
    let sealed = one.seal("profile", b"hanako").unwrap();
    assert_eq!(other.open("profile", &sealed), Err(VaultError));
}
