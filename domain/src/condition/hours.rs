//! At which hours of the wall clock a rule applies; the night after a business day may belong to
//! them.

use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use jiff::SignedDuration;
use jiff::civil::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use utoipa::ToSchema;

/// Minutes of a whole day, which only an end can name ("24:00").
const DAY: u16 = 1_440;

/// Hours of the wall clock, half-open; an end before the start lies on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Hours {
    /// Minutes after midnight, inclusive.
    from: u16,
    /// Minutes after midnight, exclusive, up to a whole day.
    to: u16,
}

/// Hours as people write them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ShownHours {
    /// The first minute, `HH:MM`.
    #[schema(value_type = String, example = "16:00")]
    pub from: ClockMinute,
    /// The minute at which it is over, `HH:MM`.
    #[schema(value_type = String, example = "18:00")]
    pub to: ClockMinute,
}

/// A minute of the day, `HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockMinute(u16);

impl fmt::Display for ClockMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hour, minute) = (self.0.div_euclid(60), self.0.rem_euclid(60));
        write!(f, "{hour:02}:{minute:02}")
    }
}

impl Serialize for ClockMinute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClockMinute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let minute = minute_of(&text).map(Self);
        minute.ok_or_else(|| de::Error::custom("not a minute of the day"))
    }
}

impl Hours {
    /// Whether a clock that shows `time` is within the hours.
    pub(crate) fn contains(self, time: Time) -> bool {
        let minute = minute_of_day(time);
        if self.from < self.to {
            self.from <= minute && minute < self.to
        } else {
            self.from <= minute || minute < self.to
        }
    }

    /// The hours from a time on for so long, within a day.
    pub(super) fn lasting(from: Time, length: SignedDuration) -> Self {
        let day = SignedDuration::from_hours(24);
        let to = if length < day {
            minute_of_day(from.wrapping_add(length))
        } else {
            DAY
        };
        Self {
            from: minute_of_day(from),
            to,
        }
    }

    /// The hours for people.
    pub(crate) fn shown(self) -> ShownHours {
        ShownHours {
            from: ClockMinute(self.from),
            to: ClockMinute(self.to),
        }
    }

    /// Reads `hours`, if it is there.
    pub(super) fn read(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Option<Self> {
        let mut object = reader.child(when, "hours")?;
        let from = read_minute(reader, &mut object, "from");
        let to = read_minute(reader, &mut object, "to");
        reader.close(&object);
        let (from, to) = (from?, to?);
        if from == DAY {
            let detail = "give a time from \"00:00\" to \"23:59\" here";
            reader.fault(object.at("from"), FaultCode::InvalidValue, detail);
        } else if from == to {
            let detail = "the hours end when they start; leave them out for the whole day";
            reader.fault(object.at("to"), FaultCode::PeriodEmpty, detail);
        }
        Some(Self { from, to })
    }
}

fn minute_of_day(time: Time) -> u16 {
    let hours = u16::from(time.hour().unsigned_abs());
    let minutes = u16::from(time.minute().unsigned_abs());
    hours.saturating_mul(60).saturating_add(minutes)
}

fn read_minute(
    reader: &mut Reader<'_>,
    hours: &mut Object<'_>,
    field: &'static str,
) -> Option<u16> {
    reader.require(hours, field);
    let pointer = hours.at(field);
    let value = hours.get(field)?;
    let Some(text) = value.as_str() else {
        reader.fault(pointer, FaultCode::InvalidType, "give a time as \"HH:MM\"");
        return None;
    };
    let minute = minute_of(text);
    if minute.is_none() {
        reader.fault(
            pointer,
            FaultCode::InvalidValue,
            "give a time as \"HH:MM\", from \"00:00\" to \"24:00\"",
        );
    }
    minute
}

fn minute_of(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| -> Option<u16> {
        let is_plain = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| digits.parse().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let total = hour.checked_mul(60)?.checked_add(minute)?;
    (minute < 60 && total <= DAY).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::{Hours, minute_of};
    use jiff::civil::time;

    #[test]
    fn hours_are_half_open_and_may_cross_midnight() {
        let hours = |from: &str, to: &str| Hours {
            from: minute_of(from).unwrap(),
            to: minute_of(to).unwrap(),
        };
        for (from, to, hour, minute, second, expected) in [
            ("16:00", "18:00", 15, 59, 59, false),
            ("16:00", "18:00", 16, 0, 0, true),
            ("16:00", "18:00", 17, 59, 59, true),
            ("16:00", "18:00", 18, 0, 0, false),
            ("22:00", "02:00", 21, 59, 59, false),
            ("22:00", "02:00", 22, 0, 0, true),
            ("22:00", "02:00", 0, 0, 0, true),
            ("22:00", "02:00", 1, 59, 59, true),
            ("22:00", "02:00", 2, 0, 0, false),
            ("18:00", "00:00", 23, 59, 59, true),
            ("18:00", "00:00", 0, 0, 0, false),
            ("18:00", "24:00", 23, 59, 59, true),
            ("18:00", "24:00", 0, 0, 0, false),
            ("00:00", "24:00", 0, 0, 0, true),
            ("00:00", "24:00", 23, 59, 59, true),
        ] {
            let at = time(hour, minute, second, 0);
            assert_eq!(hours(from, to).contains(at), expected, "{from}-{to} {at}");
        }
        assert_eq!(hours("09:05", "24:00").shown().from.to_string(), "09:05");
        assert_eq!(hours("09:05", "24:00").shown().to.to_string(), "24:00");
    }

    #[test]
    fn times_are_written_in_one_way() {
        for text in [
            "24:01", "25:00", "12:60", "9:00", "12:0", "1200", "+1:00", "12:00:00", "",
        ] {
            assert_eq!(minute_of(text), None, "{text}");
        }
    }
}
