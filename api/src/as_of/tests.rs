use domain::settings::Settings;
use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use super::AsOf;

fn read(text: &str) -> Result<AsOf, Error> {
    let text: StrDeserializer<'_, Error> = text.into_deserializer();
    AsOf::deserialize(text)
}

#[test]
fn a_day_ends_at_its_cut_over_and_what_is_to_come_is_refused() {
    let settings = Settings {
        time_zone: TimeZone::get("Asia/Tokyo").unwrap(),
        cutover: Time::new(5, 0, 0, 0).unwrap(),
        ..Settings::default()
    };
    let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
    for (text, expected) in [
        ("2026-11-20", Some("2026-11-20T19:59:59.999999Z")),
        ("2026-11-21", Some("2026-11-21T10:00:00Z")),
        ("2026-11-22", None),
        ("2026-11-20T12:00:00Z", Some("2026-11-20T12:00:00Z")),
        ("2026-11-21T19:00:00+09:00", Some("2026-11-21T10:00:00Z")),
        ("2026-11-21T10:00:00.000001Z", None),
    ] {
        let until = read(text).unwrap().until(&settings, now).ok();
        let expected: Option<Timestamp> = expected.map(|expected| expected.parse().unwrap());
        assert_eq!(until, expected, "{text}");
    }
    for text in [
        "",
        "yesterday",
        "2026-02-30",
        "2026-11-21 10:00",
        "20261121",
        "2026-11-21T10:00:00",
    ] {
        assert!(read(text).is_err(), "{text}");
    }
}
