use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use secrecy::ExposeSecret;

use super::{DemoKeys, demo_keys, keep_demo_keys, secret};

fn folder(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("tamaru-keep-{name}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    path
}

#[test]
fn a_key_is_made_once_and_only_its_user_may_read_it() {
    let folder = folder("key");
    let first = secret(&folder, "operator-key", None).unwrap();
    let second = secret(&folder, "operator-key", None).unwrap();
    assert_eq!(first.expose_secret(), second.expose_secret());
    assert_eq!(first.expose_secret().len(), 64);

    let mode = fs::metadata(folder.join("operator-key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_given_key_wins_and_is_not_kept() {
    let folder = folder("given");
    let given = "given by the environment".to_owned().into();
    let used = secret(&folder, "operator-key", Some(&given)).unwrap();
    assert_eq!(used.expose_secret(), "given by the environment");
    assert!(!folder.join("operator-key").exists());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_demo_tenant_is_found_again() {
    let folder = folder("demo");
    assert!(demo_keys(&folder).unwrap().is_none());
    let keys = DemoKeys {
        tenant: "ten_1".to_owned(),
        live_key: "tmr_live_1".to_owned(),
        test_key: "tmr_test_1".to_owned(),
        is_loaded: false,
    };
    keep_demo_keys(&folder, &keys).unwrap();
    assert_eq!(demo_keys(&folder).unwrap().unwrap().live_key, "tmr_live_1");

    fs::write(folder.join("demo-keys.json"), "{").unwrap();
    assert!(demo_keys(&folder).is_err());
    fs::remove_dir_all(folder).unwrap();
}
