//! Every setting that is missing or wrong names itself and shows a good one.

use super::Arguments;

fn good() -> Arguments {
    Arguments {
        listen: None,
        database_url: Some("postgres://tamaru_app@db/tamaru".to_owned()),
        redis_url: None,
        operator_key: Some("o".repeat(32)),
        master_key: Some("m".repeat(32)),
        writers: 4,
        pool_size: 8,
        rate_limit: 600,
        webhook_allow: None,
        trusted_proxies: None,
    }
}

#[test]
fn what_is_needed_is_enough() {
    let config = good().into_config().expect("complete");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert!(config.redis_url.is_none());
}

#[test]
fn each_setting_is_named_when_it_is_missing_or_wrong() {
    type Change = fn(&mut Arguments);
    let cases: [(Change, &str); 13] = [
        (
            |given| given.webhook_allow = Some("localhost".into()),
            "TAMARU_WEBHOOK_ALLOW",
        ),
        (
            |given| given.trusted_proxies = Some("10.0.0.0/8,proxy".into()),
            "TAMARU_TRUSTED_PROXIES",
        ),
        (
            |given| given.listen = Some("nowhere".into()),
            "TAMARU_LISTEN",
        ),
        (|given| given.database_url = None, "DATABASE_URL"),
        (
            |given| given.database_url = Some(String::new()),
            "DATABASE_URL",
        ),
        (
            |given| given.database_url = Some("mysql://db".into()),
            "DATABASE_URL",
        ),
        (
            |given| given.redis_url = Some("http://cache".into()),
            "REDIS_URL",
        ),
        (|given| given.operator_key = None, "TAMARU_OPERATOR_KEY"),
        (
            |given| given.operator_key = Some("o".repeat(31)),
            "TAMARU_OPERATOR_KEY",
        ),
        (|given| given.master_key = None, "TAMARU_MASTER_KEY"),
        (
            |given| given.master_key = Some("m".repeat(31)),
            "TAMARU_MASTER_KEY",
        ),
        (|given| given.writers = 0, "TAMARU_WRITERS"),
        (|given| given.pool_size = 1_001, "TAMARU_POOL_SIZE"),
    ];
    for (change, name) in cases {
        let mut arguments = good();
        change(&mut arguments);
        let error = arguments.into_config().expect_err(name).to_string();
        assert!(error.starts_with(name), "{error}");
        assert!(error.contains("e.g."), "{error}");
        assert!(!error.contains(&"m".repeat(31)), "{error}");
    }
}
