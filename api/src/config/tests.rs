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
    let text = |text: &str| Some(text.to_owned());
    let cases: [(Arguments, &str); 11] = [
        (
            Arguments {
                listen: text("nowhere"),
                ..good()
            },
            "TAMARU_LISTEN",
        ),
        (
            Arguments {
                database_url: None,
                ..good()
            },
            "DATABASE_URL",
        ),
        (
            Arguments {
                database_url: text(""),
                ..good()
            },
            "DATABASE_URL",
        ),
        (
            Arguments {
                database_url: text("mysql://db"),
                ..good()
            },
            "DATABASE_URL",
        ),
        (
            Arguments {
                redis_url: text("http://cache"),
                ..good()
            },
            "REDIS_URL",
        ),
        (
            Arguments {
                operator_key: None,
                ..good()
            },
            "TAMARU_OPERATOR_KEY",
        ),
        (
            Arguments {
                operator_key: Some("o".repeat(31)),
                ..good()
            },
            "TAMARU_OPERATOR_KEY",
        ),
        (
            Arguments {
                master_key: None,
                ..good()
            },
            "TAMARU_MASTER_KEY",
        ),
        (
            Arguments {
                master_key: Some("m".repeat(31)),
                ..good()
            },
            "TAMARU_MASTER_KEY",
        ),
        (
            Arguments {
                writers: 0,
                ..good()
            },
            "TAMARU_WRITERS",
        ),
        (
            Arguments {
                pool_size: 1_001,
                ..good()
            },
            "TAMARU_POOL_SIZE",
        ),
    ];
    for (arguments, name) in cases {
        let error = arguments.into_config().expect_err(name).to_string();
        assert!(error.starts_with(name), "{error}");
        assert!(error.contains("e.g."), "{error}");
        assert!(!error.contains(&"m".repeat(31)), "{error}");
    }
}
