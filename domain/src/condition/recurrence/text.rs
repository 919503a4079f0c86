//! Reads the content lines of a repeating time. Only what can be kept exactly is taken; the rest
//! of the standard is refused by name, so that nobody believes it counts.

use super::{Frequency, HOURS_PER_DAY, MAX_DAYS_LONG, Recurrence, WeekdayPart};
use crate::fault::FaultCode;
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time, Weekday};
use std::collections::BTreeMap;

/// The most characters of the text.
pub(crate) const MAX_TEXT: usize = 1_000;
/// The largest interval and count.
const MAX_NUMBER: u32 = 1_000;
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;
const LINES: &[&str] = &["DTSTART", "DURATION", "RRULE"];
const PARTS: &[&str] = &[
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYMONTH",
    "BYMONTHDAY",
    "BYDAY",
    "WKST",
];
/// What the standard has and this reader has not.
const OTHERS: &[&str] = &[
    "BYSETPOS",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
    "EXDATE",
    "RDATE",
    "EXRULE",
    "DTEND",
    "RSCALE",
    "SKIP",
];

/// What is wrong with the text, and what to do.
pub(crate) type Misread = (FaultCode, String);

type Fields<'t> = BTreeMap<String, &'t str>;

impl Recurrence {
    /// Reads `DTSTART`, `DURATION` and `RRULE`, each on a line of its own.
    pub(crate) fn parse(text: &str) -> Result<Self, Misread> {
        let lines = lines_of(text)?;
        let start = read_start(wanted(&lines, "DTSTART")?)?;
        let length = read_length(wanted(&lines, "DURATION")?)?;
        let parts = parts_of(wanted(&lines, "RRULE")?)?;
        let mut recurrence = Self {
            frequency: read_frequency(wanted(&parts, "FREQ")?)?,
            interval: number(&parts, "INTERVAL")?.map_or(1, i64::from),
            start,
            until: parts
                .get("UNTIL")
                .map(|text| read_until(text, start))
                .transpose()?,
            length,
            months: numbers(&parts, "BYMONTH", 1..=12)?,
            days_of_month: numbers(&parts, "BYMONTHDAY", -31..=31)?,
            weekdays: list(&parts, "BYDAY")
                .map(read_weekday)
                .collect::<Result<_, _>>()?,
            week_start: parts
                .get("WKST")
                .map_or(Ok(Weekday::Monday), |day| weekday(day))?,
        };
        recurrence.check()?;
        if let Some(count) = number(&parts, "COUNT")? {
            if recurrence.until.is_some() {
                return Err(wrong("give COUNT or UNTIL, not both"));
            }
            recurrence.end_after(count);
        }
        Ok(recurrence)
    }

    /// What the standard forbids together.
    fn check(&self) -> Result<(), Misread> {
        let has_ordinal = self.weekdays.iter().any(|part| part.ordinal.is_some());
        let is_short = matches!(self.frequency, Frequency::Daily | Frequency::Weekly);
        if has_ordinal && is_short {
            return Err(wrong(
                "BYDAY may have numbers only with FREQ=MONTHLY or YEARLY",
            ));
        }
        if self.frequency == Frequency::Weekly && !self.days_of_month.is_empty() {
            return Err(wrong("BYMONTHDAY does not go with FREQ=WEEKLY"));
        }
        Ok(())
    }
}

fn wrong(detail: impl Into<String>) -> Misread {
    (FaultCode::InvalidValue, detail.into())
}

fn unknown(name: &str, allowed: &[&str]) -> Misread {
    let allowed = allowed.join(", ");
    if OTHERS.contains(&name) {
        let detail = format!("{name} is not supported; use only {allowed}");
        (FaultCode::Unsupported, detail)
    } else {
        wrong(format!("use only {allowed}, each once"))
    }
}

/// The lines by name; a parameter stays with the value.
fn lines_of(text: &str) -> Result<Fields<'_>, Misread> {
    let mut lines = Fields::new();
    for line in text
        .lines()
        .map(str::trim_end)
        .filter(|line| !line.is_empty())
    {
        let split = line
            .find([':', ';'])
            .and_then(|at| line.split_at_checked(at));
        let (name, value) = split.ok_or_else(|| wrong("write each line as NAME:value"))?;
        let name = name.to_ascii_uppercase();
        if !LINES.contains(&name.as_str()) || lines.insert(name.clone(), value).is_some() {
            return Err(unknown(&name, LINES));
        }
    }
    Ok(lines)
}

fn parts_of(value: &str) -> Result<Fields<'_>, Misread> {
    let value = value.strip_prefix(':');
    let value = value.ok_or_else(|| wrong("RRULE takes no parameters; write RRULE:FREQ=…"))?;
    let mut parts = Fields::new();
    for part in value.split(';').filter(|part| !part.is_empty()) {
        let split = part.split_once('=');
        let (name, value) = split.ok_or_else(|| wrong("write each part of RRULE as NAME=value"))?;
        let name = name.to_ascii_uppercase();
        if !PARTS.contains(&name.as_str()) || parts.insert(name.clone(), value).is_some() {
            return Err(unknown(&name, PARTS));
        }
    }
    Ok(parts)
}

fn wanted<'t>(fields: &Fields<'t>, name: &str) -> Result<&'t str, Misread> {
    let missing = || (FaultCode::Required, format!("{name} is needed here"));
    fields.get(name).copied().ok_or_else(missing)
}

fn read_start(value: &str) -> Result<DateTime, Misread> {
    let upper = value.to_ascii_uppercase();
    let start = match upper.strip_prefix(";VALUE=DATE:") {
        Some(date) => date_of(date).map(|date| date.to_datetime(Time::midnight())),
        None => {
            let text = upper.strip_prefix(";VALUE=DATE-TIME").unwrap_or(&upper);
            text.strip_prefix(':').and_then(moment_of)
        }
    };
    let start = start.filter(|start| YEARS.contains(&start.year()));
    start.ok_or_else(|| {
        wrong("write DTSTART:20260113T180000, in local time without Z and TZID, or DTSTART;VALUE=DATE:20260113")
    })
}

/// A date includes its whole day.
fn read_until(text: &str, start: DateTime) -> Result<DateTime, Misread> {
    let upper = text.to_ascii_uppercase();
    let until = moment_of(&upper).or_else(|| date_of(&upper)?.to_datetime(start.time()).into());
    until.ok_or_else(|| wrong("write UNTIL=20261231 or UNTIL=20261231T235959, in local time"))
}

fn date_of(text: &str) -> Option<Date> {
    let is_plain = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

fn moment_of(text: &str) -> Option<DateTime> {
    let (date, time) = text.split_once('T')?;
    let is_plain = time.len() == 6 && time.bytes().all(|byte| byte.is_ascii_digit());
    let number = |range: std::ops::Range<usize>| time.get(range)?.parse::<i8>().ok();
    if !is_plain {
        return None;
    }
    let time = Time::new(number(0..2)?, number(2..4)?, number(4..6)?, 0).ok()?;
    Some(date_of(date)?.to_datetime(time))
}

fn read_length(value: &str) -> Result<SignedDuration, Misread> {
    let upper = value.to_ascii_uppercase();
    let length = upper.strip_prefix(":P").and_then(seconds_of);
    let length = length.map(SignedDuration::from_secs);
    let longest = SignedDuration::from_hours(MAX_DAYS_LONG.saturating_mul(HOURS_PER_DAY));
    let length = length.ok_or_else(|| wrong("write DURATION:PT2H, DURATION:P1D or the like"))?;
    if length.is_zero() || length > longest {
        let detail = format!("DURATION goes from one second to {MAX_DAYS_LONG} days");
        return Err((FaultCode::OutOfRange, detail));
    }
    Ok(length)
}

/// The seconds of a duration after its `P`: weeks alone, or days, then `T` and a time.
fn seconds_of(text: &str) -> Option<i64> {
    let (days, time) = match text.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (text, ""),
    };
    let units: &[(char, i64)] = &[('W', 604_800), ('D', 86_400)];
    let clock: &[(char, i64)] = &[('H', 3_600), ('M', 60), ('S', 1)];
    if days.is_empty() && time.is_empty() || days.contains('W') && days.contains('D') {
        return None;
    }
    sum_of(days, units)?.checked_add(sum_of(time, clock)?)
}

/// Numbers with their units, each at most once and in this order.
fn sum_of(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    for (unit, seconds) in units {
        let Some((digits, rest)) = text.split_once(*unit) else {
            continue;
        };
        let is_plain =
            (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        let count: i64 = is_plain.then(|| digits.parse().ok()).flatten()?;
        sum = sum.checked_add(count.checked_mul(*seconds)?)?;
        text = rest;
    }
    text.is_empty().then_some(sum)
}

fn read_frequency(text: &str) -> Result<Frequency, Misread> {
    match text.to_ascii_uppercase().as_str() {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        other => {
            let detail = "FREQ is one of DAILY, WEEKLY, MONTHLY, YEARLY";
            let is_finer = matches!(other, "HOURLY" | "MINUTELY" | "SECONDLY");
            let code = if is_finer {
                FaultCode::Unsupported
            } else {
                FaultCode::InvalidValue
            };
            Err((code, detail.to_owned()))
        }
    }
}

fn number(parts: &Fields<'_>, name: &str) -> Result<Option<u32>, Misread> {
    let Some(text) = parts.get(name) else {
        return Ok(None);
    };
    let is_plain = text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = text.parse().ok().filter(|_| is_plain);
    match parsed.filter(|number| (1..=MAX_NUMBER).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => {
            let detail = format!("{name} is a number from 1 to {MAX_NUMBER}");
            Err((FaultCode::OutOfRange, detail))
        }
    }
}

fn list<'t>(parts: &Fields<'t>, name: &str) -> impl Iterator<Item = &'t str> {
    parts
        .get(name)
        .copied()
        .into_iter()
        .flat_map(|text| text.split(','))
}

fn numbers(
    parts: &Fields<'_>,
    name: &str,
    range: std::ops::RangeInclusive<i8>,
) -> Result<Vec<i8>, Misread> {
    let read = |text: &str| {
        let parsed = text.parse::<i8>().ok();
        let number = parsed.filter(|number| *number != 0 && range.contains(number));
        number.ok_or_else(|| {
            let (from, to) = (range.start(), range.end());
            let detail = format!("{name} takes numbers from {from} to {to} without 0");
            (FaultCode::OutOfRange, detail)
        })
    };
    list(parts, name).map(read).collect()
}

fn read_weekday(text: &str) -> Result<WeekdayPart, Misread> {
    let at = text.len().saturating_sub(2);
    let malformed = || wrong("write BYDAY=TU, BYDAY=2TU or BYDAY=-1FR");
    let (ordinal, day) = text.split_at_checked(at).ok_or_else(malformed)?;
    let weekday = weekday(day)?;
    if ordinal.is_empty() {
        return Ok(WeekdayPart {
            ordinal: None,
            weekday,
        });
    }
    let ordinal = ordinal
        .parse::<i16>()
        .map_err(|_not_a_number| malformed())?;
    if ordinal == 0 || !(-53..=53).contains(&ordinal) {
        let detail = "a number in BYDAY goes from -53 to 53 without 0";
        return Err((FaultCode::OutOfRange, detail.to_owned()));
    }
    Ok(WeekdayPart {
        ordinal: Some(ordinal),
        weekday,
    })
}

fn weekday(text: &str) -> Result<Weekday, Misread> {
    match text.to_ascii_uppercase().as_str() {
        "MO" => Ok(Weekday::Monday),
        "TU" => Ok(Weekday::Tuesday),
        "WE" => Ok(Weekday::Wednesday),
        "TH" => Ok(Weekday::Thursday),
        "FR" => Ok(Weekday::Friday),
        "SA" => Ok(Weekday::Saturday),
        "SU" => Ok(Weekday::Sunday),
        _ => Err(wrong("weekdays are MO, TU, WE, TH, FR, SA, SU")),
    }
}
