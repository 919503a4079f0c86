//! Times that are looked back on, and when ranks are looked at again.

use serde_json::json;

use super::words;
use crate::language::Language;

#[test]
fn every_window_has_words() {
    for (window, english, japanese) in [
        (json!({"type": "lifetime"}), "all time", "全期間"),
        (
            json!({"type": "calendar_month"}),
            "the calendar month",
            "暦月",
        ),
        (
            json!({"type": "calendar_quarter"}),
            "the calendar quarter",
            "暦の四半期",
        ),
        (
            json!({"type": "calendar_half"}),
            "the calendar half-year",
            "暦の半期",
        ),
        (
            json!({"type": "calendar_year"}),
            "the calendar year",
            "暦年",
        ),
        (
            json!({"type": "rolling_days", "days": 365}),
            "the last 365 days",
            "直近365日",
        ),
        (
            json!({"type": "rolling_days", "days": 1}),
            "the last 1 day",
            "直近1日",
        ),
        (
            json!({"type": "rolling_months", "months": 12}),
            "the last 12 months",
            "直近12か月",
        ),
        (
            json!({"type": "anniversary_year"}),
            "the year of membership",
            "入会日からの1年ごと",
        ),
        (
            json!({"type": "since_enrolment"}),
            "since enrolment",
            "入会以来",
        ),
    ] {
        let text = |language| words(language).text("window", Some(&window));
        assert_eq!(text(Language::English), english);
        assert_eq!(text(Language::Japanese), japanese);
    }
}

#[test]
fn every_way_down_has_words() {
    for (downgrade, english, japanese) in [
        (json!({"at": "never"}), "never", "なし"),
        (json!({"at": "rolling"}), "every day", "毎日"),
        (
            json!({"at": "rolling", "steps": "full", "grace_days": 30}),
            "every day, straight to the rank earned, 30 days of grace",
            "毎日、実績どおりのランクまで、猶予30日",
        ),
        (
            json!({"at": "month_start", "steps": "one", "grace_days": 1}),
            "on the first of each month, one rank at a time, 1 day of grace",
            "毎月1日、1段階ずつ、猶予1日",
        ),
        (
            json!({"at": "dates", "dates": ["02-29", "06-01", "12-01"]}),
            "each year on 29 February, 1 June and 1 December",
            "毎年2月29日・6月1日・12月1日",
        ),
        (
            json!({"at": "anniversary"}),
            "each year on the day of enrolment",
            "毎年の入会日",
        ),
    ] {
        let text = |language| words(language).text("downgrade", Some(&downgrade));
        assert_eq!(text(Language::English), english);
        assert_eq!(text(Language::Japanese), japanese);
    }
}
