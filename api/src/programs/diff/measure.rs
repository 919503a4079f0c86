//! What is counted of a member and over which time, for ladders, discounts and awards alike.

use serde_json::Value;

use super::describe::plain;
use super::labels;
use super::words::Words;

/// What counts where nothing is said.
const SPEND: &str = "spend";

/// What an entry goes by.
pub(super) fn metric_of(entry: Option<&Value>) -> &str {
    let metric = entry.and_then(|entry| entry.get("metric"));
    metric.and_then(Value::as_str).unwrap_or(SPEND)
}

impl Words {
    /// So much of what is counted.
    pub(super) fn reached(&self, metric: &str, number: Option<&Value>) -> String {
        match metric {
            "visits" => {
                let visits = number.and_then(Value::as_i64).unwrap_or_default();
                self.counted(visits, "visit", "回")
            }
            "points_earned" => self.points(number),
            _ => number.map_or_else(String::new, |number| self.money(number)),
        }
    }

    /// What rates or ranks go by.
    pub(super) fn by(&self, metric: &str, window: Option<&Value>) -> String {
        let metric = labels::choice(metric, self.language);
        let by = self.say(format!("by {metric}"), || format!("{metric}別"));
        self.over(by, window)
    }

    /// The same over a time, if one is named.
    pub(super) fn over(&self, what: String, window: Option<&Value>) -> String {
        let Some(window) = window.map(|window| self.window(window)) else {
            return what;
        };
        self.say(format!("{what} ({window})"), || format!("{what}({window})"))
    }

    /// The time that is looked back on.
    pub(super) fn window(&self, value: &Value) -> String {
        let kind = plain(value, "type");
        let rolling = |field: &str, noun: &str, word: &str| {
            let number = value.get(field).and_then(Value::as_i64).unwrap_or_default();
            let span = self.counted(number, noun, word);
            self.say(format!("the last {span}"), || format!("直近{span}"))
        };
        match kind.as_str() {
            "rolling_days" => rolling("days", "day", "日"),
            "rolling_months" => rolling("months", "month", "か月"),
            _ => labels::window(&kind, self.language).to_owned(),
        }
    }
}
