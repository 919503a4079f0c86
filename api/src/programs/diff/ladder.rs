//! Ladders of ranks as people say them: what each step asks for and gives, and how members rise
//! and fall.

use serde_json::Value;

use super::describe::plain;
use super::labels;
use super::measure::metric_of;
use super::words::{Words, enumerated, given};
use crate::language::Language;

/// What a ladder may say beside its steps.
const TERMS: &[&str] = &["upgrade", "applies", "downgrade"];
/// What a step may ask for, in one of these ways.
const THRESHOLDS: &[&str] = &["from", "all_of", "any_of"];

/// How English says that a step asks for something.
pub(super) fn verb(part: &str, field: &str) -> Option<&'static str> {
    match (part, field) {
        ("ranks", "from") => Some("starts at"),
        ("ranks", "all_of" | "any_of") => Some("needs"),
        _ => None,
    }
}

impl Words {
    /// What a new ladder goes by, its steps and its terms.
    pub(super) fn ladder(&self, ladder: &Value) -> Vec<String> {
        let steps = ladder.get("steps").and_then(Value::as_array);
        let steps = steps.map_or_else(String::new, |steps| {
            self.joined(steps, |step| self.step_in_short(step, ladder))
        });
        let terms = given(ladder, TERMS).map(|(field, value)| self.labelled(field, value));
        let mut said = vec![format!("{}{steps}", self.basis(ladder))];
        said.extend(terms);
        said
    }

    /// What its steps go by; a ladder whose steps all have criteria may have no measure of its own.
    fn basis(&self, ladder: &Value) -> String {
        let steps = ladder.get("steps").and_then(Value::as_array);
        let mut steps = steps.into_iter().flatten();
        let window = ladder.get("window");
        if ladder.get("metric").is_some() || steps.any(|step| step.get("from").is_some()) {
            return format!("{}: ", self.by(metric_of(Some(ladder)), window));
        }
        window.map_or_else(String::new, |window| format!("{}: ", self.window(window)))
    }

    fn step_in_short(&self, step: &Value, ladder: &Value) -> String {
        let code = plain(step, "code");
        let asked = self.asked(step, Some(ladder)).join(self.separator());
        let benefits = self.benefits(step).join(self.separator());
        if benefits.is_empty() {
            return format!("{code} {asked}");
        }
        self.say(format!("{code} {asked} ({benefits})"), || {
            format!("{code} {asked}({benefits})")
        })
    }

    /// What a new step asks for and gives.
    pub(super) fn step(&self, step: &Value, ladder: Option<&Value>) -> Vec<String> {
        let mut said = self.asked(step, ladder);
        said.extend(self.benefits(step));
        said
    }

    fn asked(&self, step: &Value, ladder: Option<&Value>) -> Vec<String> {
        let asked = given(step, THRESHOLDS).map(|(field, value)| {
            let asked = self.threshold(field, value, ladder);
            let verb = if field == "from" { "from" } else { "needs" };
            self.say(format!("{verb} {asked}"), || asked.clone())
        });
        asked.collect()
    }

    fn benefits(&self, step: &Value) -> Vec<String> {
        let benefits = given(step, &["earn_multiplier", "discount_percent"]);
        let benefits = benefits.map(|(field, value)| {
            let text = self.text(field, Some(value));
            if field == "discount_percent" {
                return self.off(&text);
            }
            self.say(format!("{text} points"), || format!("ポイント{text}"))
        });
        benefits.collect()
    }

    /// What a step asks for.
    pub(super) fn threshold(&self, field: &str, value: &Value, ladder: Option<&Value>) -> String {
        let Value::Array(criteria) = value else {
            let reached = self.reached(metric_of(ladder), Some(value));
            return self.say(reached.clone(), || format!("{reached}以上"));
        };
        let criteria: Vec<_> = criteria.iter().map(|each| self.criterion(each)).collect();
        match (field, self.language) {
            ("all_of", Language::English) => enumerated(&criteria, "and"),
            (_, Language::English) => enumerated(&criteria, "or"),
            ("all_of", Language::Japanese) => criteria.join("かつ"),
            (_, Language::Japanese) => criteria.join("または"),
        }
    }

    fn criterion(&self, criterion: &Value) -> String {
        let metric = metric_of(Some(criterion));
        let reached = self.reached(metric, criterion.get("from"));
        let asked = match metric {
            "visits" => self.say(reached.clone(), || format!("来店{reached}以上")),
            "points_earned" => {
                self.say(format!("{reached} earned"), || format!("獲得{reached}以上"))
            }
            _ => {
                let spend = labels::choice(metric, self.language);
                self.say(format!("{spend} of {reached}"), || {
                    format!("{spend}{reached}以上")
                })
            }
        };
        self.over(asked, criterion.get("window"))
    }

    /// When members lose a rank, and how far they fall.
    pub(super) fn downgrade(&self, downgrade: &Value) -> String {
        let at = match plain(downgrade, "at").as_str() {
            "dates" => self.dates(downgrade),
            "" => labels::review("never", self.language).to_owned(),
            at => labels::review(at, self.language).to_owned(),
        };
        let steps = downgrade.get("steps").and_then(Value::as_str);
        let steps = steps.map(|steps| labels::fall(steps, self.language).to_owned());
        let grace = downgrade.get("grace_days").and_then(Value::as_i64);
        let grace = grace.map(|days| {
            let days = self.counted(days, "day", "日");
            self.say(format!("{days} of grace"), || format!("猶予{days}"))
        });
        let said: Vec<_> = [Some(at), steps, grace].into_iter().flatten().collect();
        said.join(self.separator())
    }

    fn dates(&self, downgrade: &Value) -> String {
        let date = |date: &Value| {
            let text = date.as_str().unwrap_or_default();
            let parts = text.split_once('-');
            let parts = parts.and_then(|(month, day)| month.parse().ok().zip(day.parse().ok()));
            let said = parts.and_then(|(month, day)| self.month_day(month, day));
            said.unwrap_or_else(|| text.to_owned())
        };
        let dates = downgrade.get("dates").and_then(Value::as_array);
        let dates: Vec<_> = dates.into_iter().flatten().map(date).collect();
        let dates = self.all_of(&dates);
        self.say(format!("each year on {dates}"), || format!("毎年{dates}"))
    }
}
