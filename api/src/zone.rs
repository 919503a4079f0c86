//! Time zones by name, as tenants and stores give them.

use jiff::tz::TimeZone;

/// The names under which the tz database lists the places of the world (`zone.tab`), and `UTC`. Older names for the
/// same places and zones without a place are known to every computer, but may mean something else tomorrow.
const NAMES: &str = include_str!("zone/names.txt");

/// A zone by its own name: `Area/Place` or `UTC`, in the case in which it is written.
pub fn zone(name: &str) -> Option<TimeZone> {
    NAMES.lines().find(|known| *known == name)?;
    TimeZone::get(name).ok()
}

#[cfg(test)]
mod tests {
    use super::{NAMES, zone};

    #[test]
    fn zones_are_named_as_they_are_written() {
        for (name, known) in [
            ("Asia/Tokyo", true),
            ("America/Argentina/Buenos_Aires", true),
            ("UTC", true),
            ("asia/tokyo", false),
            ("Japan", false),
            ("Asia/Kolkata", true),
            ("Europe/Stockholm", true),
            ("Asia/Calcutta", false),
            ("Etc/GMT-9", false),
            ("Etc/UTC", false),
            ("GMT", false),
            ("US/Pacific", false),
            ("Asia/Tokyo\nUTC", false),
            ("posix/Asia/Tokyo", false),
            ("Asia/Nowhere", false),
            ("../../etc/passwd", false),
            ("+09:00", false),
            ("", false),
        ] {
            assert_eq!(zone(name).is_some(), known, "{name}");
        }
    }

    #[test]
    fn every_listed_zone_is_known() {
        assert!(NAMES.lines().count() > 400);
        for name in NAMES.lines() {
            assert!(zone(name).is_some(), "{name}");
        }
    }
}
