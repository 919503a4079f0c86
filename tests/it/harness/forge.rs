//! Keys that look right and are not: another secret under the same id, with its check in order.

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const CHECK_CHARACTERS: usize = 7;
const SECRET_CHARACTERS: usize = 40;

/// The key with another secret; a different one for each `number`.
pub(crate) fn with_wrong_secret(key: &str, number: u32) -> String {
    let id_end = key.len() - CHECK_CHARACTERS - SECRET_CHARACTERS;
    let mut secret = vec![b'0'; SECRET_CHARACTERS];
    let mut rest = number;
    for character in secret.iter_mut().rev().take(7) {
        *character = ALPHABET[(rest & 31) as usize];
        rest >>= 5;
    }
    let body = format!("{}{}", &key[..id_end], String::from_utf8(secret).unwrap());
    let check = check(&body);
    format!("{body}{check}")
}

/// CRC-32 as in ISO 3309, five bits per character.
fn check(body: &str) -> String {
    let mut crc = u32::MAX;
    for byte in body.bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            let mask = (crc & 1).wrapping_neg();
            crc = (crc >> 1) ^ (0xedb8_8320 & mask);
        }
    }
    let mut bits = u64::from(!crc);
    let mut characters = [b'0'; CHECK_CHARACTERS];
    for character in characters.iter_mut().rev() {
        *character = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    String::from_utf8(characters.to_vec()).unwrap()
}

#[test]
fn the_check_is_that_of_real_keys() {
    super::block_on(async {
        let key = super::TestTenant::new().await.api.key;
        let body = &key[..key.len() - CHECK_CHARACTERS];
        assert_eq!(format!("{body}{}", check(body)), key);
    });
}
