//! Time zones by name, as tenants and stores give them.

use jiff::tz::TimeZone;

/// A zone by its own name: `Area/Place` or `UTC`, in the case in which it is written.
pub fn zone(name: &str) -> Option<TimeZone> {
    if name != "UTC" && !name.contains('/') {
        return None;
    }
    let zone = TimeZone::get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

#[cfg(test)]
mod tests {
    use super::zone;

    #[test]
    fn zones_are_named_as_they_are_written() {
        for (name, known) in [
            ("Asia/Tokyo", true),
            ("America/Argentina/Buenos_Aires", true),
            ("UTC", true),
            ("asia/tokyo", false),
            ("Japan", false),
            ("posix/Asia/Tokyo", false),
            ("Asia/Nowhere", false),
            ("../../etc/passwd", false),
            ("+09:00", false),
            ("", false),
        ] {
            assert_eq!(zone(name).is_some(), known, "{name}");
        }
    }
}
