//! Values of a program as people say them: an award as points for money, not as braces.

use domain::amount::Amount;
use jiff::civil::Date;
use serde_json::Value;

use super::labels;
use super::words::Words;
use crate::money::count;

/// Fields that name one of several ways.
const CHOOSING: &[&str] = &[
    "rounding",
    "combine",
    "bonus_combine",
    "granularity",
    "tax",
    "multiply",
    "on_shortage",
    "over",
    "mode",
    "restore_to",
    "type",
    "stacking",
    "base",
    "metric",
    "refresh",
    "upgrade",
    "applies",
];
/// Any leap year: it has every day that a year may have.
const LEAP_YEAR: i16 = 2024;

impl Words {
    /// A value of a field.
    pub(super) fn text(&self, field: &str, value: Option<&Value>) -> String {
        let Some(value) = value else {
            return String::new();
        };
        match (field, value) {
            ("award" | "effect" | "expiry" | "activation", Value::Object(_)) => self.typed(value),
            ("hours", Value::Object(_)) => {
                format!("{}–{}", plain(value, "from"), plain(value, "to"))
            }
            ("birthday", Value::Object(_)) => self.birthday(value),
            ("limits", Value::Array(limits)) => self.joined(limits, |limit| self.limit(limit)),
            ("weekdays", Value::Array(days)) => self.joined(days, |day| {
                labels::weekday(day.as_str().unwrap_or_default(), self.language).to_owned()
            }),
            ("minimum_amount" | "cap" | "amount" | "price", Value::Number(_)) => self.money(value),
            ("percent" | "discount_percent", Value::String(percent)) => format!("{percent}%"),
            ("earn_multiplier", Value::String(times)) => self.times(times),
            ("window", Value::Object(_)) => self.window(value),
            ("downgrade", Value::Object(_)) => self.downgrade(value),
            ("rrule", Value::String(text)) => self.recurrence(text).unwrap_or_else(|| text.clone()),
            (_, Value::Array(items)) => self.joined(items, |item| self.text("", Some(item))),
            (field, Value::String(text)) if CHOOSING.contains(&field) => {
                labels::choice(text, self.language).to_owned()
            }
            (_, Value::String(text)) => text.clone(),
            (_, Value::Number(number)) => number.as_i64().map_or_else(|| number.to_string(), count),
            (_, Value::Bool(true)) => self.say("yes".to_owned(), || "はい".to_owned()),
            (_, Value::Bool(false)) => self.say("no".to_owned(), || "いいえ".to_owned()),
            (_, other) => other.to_string(),
        }
    }

    pub(super) fn joined(&self, items: &[Value], text: impl Fn(&Value) -> String) -> String {
        let texts: Vec<String> = items.iter().map(text).collect();
        texts.join(self.separator())
    }

    pub(super) fn money(&self, value: &Value) -> String {
        let minor = value.as_i64().unwrap_or_default();
        self.currency.show(Amount::new(minor), self.language)
    }

    pub(super) fn points(&self, value: Option<&Value>) -> String {
        let points = value.and_then(Value::as_i64).unwrap_or_default();
        let noun = if points == 1 { "point" } else { "points" };
        let points = count(points);
        self.say(format!("{points} {noun}"), || format!("{points}ポイント"))
    }

    /// A number of what English has a noun for.
    pub(super) fn counted(&self, number: i64, noun: &str, word: &str) -> String {
        let plural = if number == 1 { "" } else { "s" };
        let number = count(number);
        self.say(format!("{number} {noun}{plural}"), || {
            format!("{number}{word}")
        })
    }

    fn times(&self, times: &str) -> String {
        self.say(format!("{times}×"), || format!("{times}倍"))
    }

    /// A day of every year.
    pub(super) fn month_day(&self, month: i8, day: i8) -> Option<String> {
        let date = Date::new(LEAP_YEAR, month, day).ok()?;
        Some(self.say(date.strftime("%-d %B").to_string(), || {
            format!("{month}月{day}日")
        }))
    }

    /// A month of every year.
    pub(super) fn month(&self, month: i8) -> Option<String> {
        let first = Date::new(LEAP_YEAR, month, 1).ok()?;
        Some(self.say(first.strftime("%B").to_string(), || format!("{month}月")))
    }

    /// Something that has a type: what it gives, adds or lasts.
    fn typed(&self, value: &Value) -> String {
        let kind = plain(value, "type");
        let points = self.points(value.get("points"));
        match kind.as_str() {
            "per_amount" => self.rate(value),
            "add_per_amount" => format!("+{}", self.rate(value)),
            "fixed" => self.say(format!("{points} per receipt"), || {
                format!("1会計で{points}")
            }),
            "per_item" => self.say(format!("{points} per piece"), || format!("1点で{points}")),
            "percent" => {
                let percent = plain(value, "percent");
                self.say(format!("{percent}% in points"), || {
                    format!("{percent}%をポイント付与")
                })
            }
            "tiered" => self.award_tiers(value),
            "multiplier" => self.times(&plain(value, "times")),
            "add" => format!("+{points}"),
            _ => self.lasting(&kind, value),
        }
    }

    /// How long points last, and from when they count.
    fn lasting(&self, kind: &str, value: &Value) -> String {
        let number = |field: &str| value.get(field).and_then(Value::as_i64);
        let span = || {
            let units = [
                ("days", "day", "日"),
                ("months", "month", "か月"),
                ("years", "year", "年"),
            ];
            let given = units
                .into_iter()
                .find_map(|(field, noun, word)| Some((number(field)?, noun, word)));
            let (of, noun, word) = given.unwrap_or((0, "day", "日"));
            self.counted(of, noun, word)
        };
        match kind {
            "never" => self.say("never".to_owned(), || "無期限".to_owned()),
            "after" => self.say(format!("{} after earning", span()), || {
                format!("付与から{}", span())
            }),
            "end_of_month" => self.say(format!("end of the month, {} on", span()), || {
                format!("{}後の月末", span())
            }),
            "fixed_date" => {
                let part = |field: &str| number(field)?.try_into().ok();
                let date = part("month").zip(part("day"));
                let date = date.and_then(|(month, day)| self.month_day(month, day));
                let date = date.unwrap_or_default();
                self.say(format!("each year on {date}"), || format!("毎年{date}"))
            }
            "sliding" => self.say(format!("{} after the last use", span()), || {
                format!("最終利用から{}", span())
            }),
            "immediate" => self.say("at once".to_owned(), || "即時".to_owned()),
            "after_days" => self.say(format!("{} later", span()), || format!("{}後", span())),
            "on_event" => {
                let event = plain(value, "event");
                self.say(format!("on “{event}”"), || format!("「{event}」の時点"))
            }
            _ => value.to_string(),
        }
    }

    pub(super) fn rate(&self, value: &Value) -> String {
        let points = self.points(value.get("points"));
        let money = value
            .get("amount")
            .map_or_else(String::new, |amount| self.money(amount));
        self.say(format!("{points} per {money}"), || {
            format!("{money}ごとに{points}")
        })
    }

    fn limit(&self, value: &Value) -> String {
        let per = plain(value, "per");
        let span = labels::span(&per, self.language);
        let most = match (value.get("points"), value.get("times")) {
            (points @ Some(_), None) => self.points(points),
            (None, times) => {
                let times = self.text("", times);
                self.say(format!("{times} times"), || format!("{times}回"))
            }
            (points, times) => {
                let (points, times) = (self.points(points), self.text("", times));
                self.say(format!("{points} and {times} times"), || {
                    format!("{points}・{times}回")
                })
            }
        };
        self.say(format!("at most {most} {span}"), || {
            format!("{span}{most}まで")
        })
    }

    fn birthday(&self, value: &Value) -> String {
        match value.get("within_days").and_then(Value::as_i64) {
            Some(days) => self.say(format!("±{days} days"), || format!("前後{days}日")),
            None => self.say("its month".to_owned(), || "誕生月".to_owned()),
        }
    }
}

/// A field as it stands, without quotes.
pub(super) fn plain(value: &Value, field: &str) -> String {
    match value.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}
