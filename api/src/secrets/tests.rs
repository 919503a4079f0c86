use secrecy::SecretString;

use super::{BadMasterKey, Purpose, Secrets};

fn secrets(master: &str) -> Result<Secrets, BadMasterKey> {
    Secrets::new(SecretString::from(master))
}

#[test]
fn a_master_key_needs_32_characters() {
    assert_eq!(secrets(&"x".repeat(31)).err(), Some(BadMasterKey::TooShort));
    assert!(secrets(&"x".repeat(32)).is_ok());
}

#[test]
fn every_purpose_and_tenant_has_its_own_secret() {
    let one = secrets(&"x".repeat(32)).unwrap();
    let other = secrets(&"y".repeat(32)).unwrap();
    let first = one.derive(Purpose::LookUp, Some(1)).unwrap();
    assert_eq!(first, one.derive(Purpose::LookUp, Some(1)).unwrap());
    assert_ne!(first, one.derive(Purpose::LookUp, Some(2)).unwrap());
    assert_ne!(first, one.derive(Purpose::PersonalData, Some(1)).unwrap());
    assert_ne!(first, other.derive(Purpose::LookUp, Some(1)).unwrap());
}
