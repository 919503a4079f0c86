//! Exact decimals and the edges of sums.

use super::{Amount, Decimal4, Overflow, Points};

#[test]
fn decimals_are_read_exactly_and_shown_shortest() {
    for (text, units, shown) in [
        ("0", 0, "0"),
        ("8", 80_000, "8"),
        ("12.5", 125_000, "12.5"),
        ("12.5000", 125_000, "12.5"),
        ("0.0001", 1, "0.0001"),
        ("0.3450", 3_450, "0.345"),
        ("-1.5", -15_000, "-1.5"),
        ("922337203685477.5807", i64::MAX, "922337203685477.5807"),
    ] {
        let decimal: Decimal4 = text.parse().unwrap();
        assert_eq!(
            (decimal.units(), decimal.to_string().as_str()),
            (units, shown),
            "{text}"
        );
    }
}

#[test]
fn loose_decimals_are_refused() {
    for text in [
        "",
        "-",
        ".",
        "1.",
        ".5",
        "+1",
        "01",
        "00",
        "1.00000",
        "1e2",
        "1,5",
        " 1",
        "1 ",
        "--1",
        "10%",
        "NaN",
        "0x10",
        "１",
        "922337203685477.5808",
        "99999999999999999999",
    ] {
        assert!(text.parse::<Decimal4>().is_err(), "{text}");
    }
    assert!(serde_json::from_str::<Decimal4>("8").is_err());
    assert_eq!(
        serde_json::from_str::<Decimal4>("\"8.10\"")
            .unwrap()
            .to_string(),
        "8.1"
    );
}

#[test]
fn sums_out_of_range_are_errors() {
    assert_eq!(
        Amount::new(i64::MAX).checked_add(Amount::new(1)),
        Err(Overflow)
    );
    assert_eq!(
        Points::new(i64::MIN).checked_sub(Points::new(1)),
        Err(Overflow)
    );
    assert_eq!(
        Points::new(2).checked_sub(Points::new(3)),
        Ok(Points::new(-1))
    );
}

#[test]
fn money_and_points_are_whole_numbers_in_json() {
    for text in [
        "1.0",
        "1e2",
        "-0",
        "\"1\"",
        "null",
        "true",
        "9223372036854775808",
        "1e400",
    ] {
        assert!(serde_json::from_str::<Amount>(text).is_err(), "{text}");
    }
    assert_eq!(
        serde_json::from_str::<Amount>("-5").unwrap(),
        Amount::new(-5)
    );
}
