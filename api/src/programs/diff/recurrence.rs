//! Repeating times (RFC 5545) in words, as far as people have words for them; the others are
//! shown as they stand.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time};
use jiff::{Span, ToSpan};

use super::labels;
use super::words::Words;
use crate::language::Language;

const MINUTES_PER_HOUR: i64 = 60;
const MINUTES_PER_DAY: i64 = 1_440;
const DAYS_PER_WEEK: i64 = 7;
/// More dates of a year than these are no easier to read than the rule that makes them.
const MAX_DATES: usize = 24;

/// The lines and the parts of a rule that the words below look at.
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

/// What a repeating time says, its values in capitals as the standard writes them.
struct Repeating {
    start: DateTime,
    length_minutes: i64,
    interval: i64,
    parts: BTreeMap<String, String>,
}

impl Repeating {
    fn read(text: &str) -> Option<Self> {
        let text = text.to_ascii_uppercase();
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let is_known = |line: &&str| LINES.iter().any(|name| line.starts_with(name));
        if !lines.iter().filter(|line| !line.is_empty()).all(is_known) {
            return None;
        }
        let line = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name));
        let parts = line("RRULE:")?.split(';').filter(|part| !part.is_empty());
        let part = |text: &str| {
            let (name, value) = text.split_once('=')?;
            PARTS
                .contains(&name)
                .then(|| (name.to_owned(), value.to_owned()))
        };
        let parts: BTreeMap<_, _> = parts.map(part).collect::<Option<_>>()?;
        let interval = parts.get("INTERVAL").map_or(Some(1), |n| n.parse().ok())?;
        let (_, start) = line("DTSTART")?.rsplit_once(':')?;
        Some(Self {
            start: start.parse().ok()?,
            length_minutes: minutes(line("DURATION:")?)?,
            interval,
            parts,
        })
    }

    fn part(&self, name: &str) -> Option<&str> {
        self.parts.get(name).map(String::as_str)
    }

    fn list(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.part(name)?.split(',').collect())
    }

    fn numbers(&self, name: &str) -> Option<Vec<i8>> {
        let list = self.list(name)?;
        list.into_iter().map(|number| number.parse().ok()).collect()
    }

    /// The last day on which something may begin.
    fn last_day(&self, until: &str) -> Option<Date> {
        if !until.contains('T') {
            return until.parse().ok();
        }
        let until: DateTime = until.parse().ok()?;
        if until.time() < self.start.time() {
            return until.date().yesterday().ok();
        }
        Some(until.date())
    }
}

fn minutes(duration: &str) -> Option<i64> {
    let span: Span = duration.parse().ok()?;
    let days = i64::from(span.get_weeks())
        .checked_mul(DAYS_PER_WEEK)?
        .checked_add(i64::from(span.get_days()))?;
    let hours = i64::from(span.get_hours()).checked_mul(MINUTES_PER_HOUR)?;
    let minutes = days
        .checked_mul(MINUTES_PER_DAY)?
        .checked_add(hours)?
        .checked_add(span.get_minutes())?;
    (span.get_seconds() == 0 && minutes > 0).then_some(minutes)
}

impl Words {
    /// A repeating time; nothing when there are no words for it.
    pub(super) fn recurrence(&self, text: &str) -> Option<String> {
        let repeating = Repeating::read(text)?;
        let mut said = vec![self.days(&repeating)?];
        said.extend(self.time_of_day(&repeating)?);
        let start = repeating.start.date();
        said.push(self.say(format!("from {start}"), || format!("{start}から")));
        if let Some(until) = repeating.part("UNTIL") {
            let last = repeating.last_day(until)?;
            said.push(self.say(format!("until {last}"), || format!("{last}まで")));
        }
        if let Some(count) = repeating.part("COUNT") {
            let count = count.parse().ok()?;
            said.push(self.counted(count, "time", "回"));
        }
        Some(said.join(self.separator()))
    }

    fn days(&self, repeating: &Repeating) -> Option<String> {
        let has = |name: &str| repeating.part(name).is_some();
        let frequency = repeating.part("FREQ")?;
        let given = (has("BYMONTH"), has("BYMONTHDAY"), has("BYDAY"));
        let (noun, word, days) = match (frequency, given) {
            ("DAILY", (false, false, false)) => ("day", "日", None),
            ("WEEKLY", (false, false, _)) => ("week", "週", Some(self.weekdays(repeating)?)),
            ("MONTHLY", (false, _, false)) => ("month", "月", Some(self.days_of_month(repeating)?)),
            ("MONTHLY", (false, false, true)) => {
                ("month", "月", Some(self.nth_weekdays(repeating)?))
            }
            ("YEARLY", (true, _, false) | (false, false, false)) => {
                ("year", "年", Some(self.days_of_year(repeating)?))
            }
            ("YEARLY", (true, false, true)) => {
                ("year", "年", Some(self.nth_weekdays_of_months(repeating)?))
            }
            _ => return None,
        };
        Some(self.every(repeating.interval, (noun, word), days))
    }

    fn every(&self, interval: i64, (noun, word): (&str, &str), days: Option<String>) -> String {
        let is_each = interval == 1;
        match self.language {
            Language::English => {
                let every = if is_each {
                    format!("every {noun}")
                } else {
                    format!("every {}", self.counted(interval, noun, word))
                };
                days.map_or_else(|| every.clone(), |days| format!("{every} on {days}"))
            }
            Language::Japanese if is_each => format!("毎{word}{}", days.unwrap_or_default()),
            Language::Japanese => {
                let span = match noun {
                    "week" => "週間",
                    "month" => "か月",
                    _ => word,
                };
                let days = days.map_or_else(String::new, |days| format!("の{days}"));
                format!("{interval}{span}ごと{days}")
            }
        }
    }

    fn weekdays(&self, repeating: &Repeating) -> Option<String> {
        // Where weeks begin matters only to those that are passed over.
        let begins = repeating.part("WKST").unwrap_or("MO");
        if repeating.interval > 1 && begins != "MO" {
            return None;
        }
        let weekdays = match repeating.list("BYDAY") {
            Some(codes) => codes
                .into_iter()
                .map(|code| self.weekday(code))
                .collect::<Option<Vec<_>>>()?,
            None => {
                let start = repeating
                    .start
                    .strftime("%a")
                    .to_string()
                    .to_ascii_lowercase();
                vec![labels::weekday(&start, self.language).to_owned()]
            }
        };
        let weekdays = self.all_of(&weekdays);
        Some(self.say(weekdays.clone(), || format!("{weekdays}曜日")))
    }

    fn weekday(&self, code: &str) -> Option<String> {
        let name = match code {
            "MO" => "mon",
            "TU" => "tue",
            "WE" => "wed",
            "TH" => "thu",
            "FR" => "fri",
            "SA" => "sat",
            "SU" => "sun",
            _ => return None,
        };
        Some(labels::weekday(name, self.language).to_owned())
    }

    fn days_of_month(&self, repeating: &Repeating) -> Option<String> {
        let days = match repeating.part("BYMONTHDAY") {
            Some(_) => repeating.numbers("BYMONTHDAY")?,
            None => vec![repeating.start.day()],
        };
        let day = |day: i8| match day {
            -1 => Some(self.say("the last day".to_owned(), || "末日".to_owned())),
            1.. => Some(self.say(format!("the {}", nth(day)), || format!("{day}日"))),
            _ => None,
        };
        let days: Vec<_> = days.into_iter().map(day).collect::<Option<_>>()?;
        Some(self.all_of(&days))
    }

    fn days_of_year(&self, repeating: &Repeating) -> Option<String> {
        let or = |name: &str, other: i8| match repeating.part(name) {
            Some(_) => repeating.numbers(name),
            None => Some(vec![other]),
        };
        let months = or("BYMONTH", repeating.start.month())?;
        let days = or("BYMONTHDAY", repeating.start.day())?;
        if months.len().saturating_mul(days.len()) > MAX_DATES {
            return None;
        }
        let dates = months.into_iter().flat_map(|month| {
            let date = move |day: &i8| self.month_day(month, *day);
            days.iter().map(date).collect::<Vec<_>>()
        });
        let dates: Vec<_> = dates.collect::<Option<_>>()?;
        Some(self.all_of(&dates))
    }

    fn nth_weekdays(&self, repeating: &Repeating) -> Option<String> {
        let weekday = |code: &str| {
            let (number, day) = code.split_at_checked(code.len().checked_sub(2)?)?;
            let day = self.weekday(day)?;
            match number.parse::<i8>().ok()? {
                -1 => Some(self.say(format!("the last {day}"), || format!("最終{day}曜日"))),
                number @ 1.. => {
                    let english = format!("the {} {day}", nth(number));
                    Some(self.say(english, || format!("第{number}{day}曜日")))
                }
                _ => None,
            }
        };
        let codes = repeating.list("BYDAY")?.into_iter();
        let weekdays: Vec<_> = codes.map(weekday).collect::<Option<_>>()?;
        Some(self.all_of(&weekdays))
    }

    fn nth_weekdays_of_months(&self, repeating: &Repeating) -> Option<String> {
        let weekdays = self.nth_weekdays(repeating)?;
        let months = repeating.numbers("BYMONTH")?.into_iter();
        let months: Vec<_> = months
            .map(|month| self.month(month))
            .collect::<Option<_>>()?;
        let months = self.all_of(&months);
        Some(self.say(format!("{weekdays} of {months}"), || {
            format!("{months}の{weekdays}")
        }))
    }

    /// From when until when; nothing for whole days that are no more than one.
    fn time_of_day(&self, repeating: &Repeating) -> Option<Option<String>> {
        let (start, length_minutes) = (repeating.start.time(), repeating.length_minutes);
        let begins = start.strftime("%H:%M");
        if start.second() != 0 {
            return None;
        }
        if length_minutes < MINUTES_PER_DAY {
            let end = start.wrapping_add(length_minutes.minutes());
            // A day that ends at midnight ends at 24:00 for people.
            let ends = if end == Time::midnight() {
                "24:00".to_owned()
            } else {
                end.strftime("%H:%M").to_string()
            };
            return Some(Some(format!("{begins}–{ends}")));
        }
        if length_minutes.checked_rem(MINUTES_PER_DAY) != Some(0) {
            return None;
        }
        let days = length_minutes.checked_div(MINUTES_PER_DAY)?;
        let span = self.counted(days, "day", "日間");
        if start != Time::midnight() {
            let english = format!("for {span} from {begins}");
            return Some(Some(self.say(english, || format!("{begins}から{span}"))));
        }
        let longer = || self.say(format!("for {span}"), || span.clone());
        Some((days > 1).then(longer))
    }
}

/// 1st, 2nd, 3rd…
fn nth(number: i8) -> String {
    let ending = match (number.checked_rem(100), number.checked_rem(10)) {
        (Some(11..=13), _) => "th",
        (_, Some(1)) => "st",
        (_, Some(2)) => "nd",
        (_, Some(3)) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
