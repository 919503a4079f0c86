//! What zen-engine is given of a receipt: lines with their money, and what rules look at of the
//! moment and of the member. Calendar and prices are reckoned for it.

use crate::Failure;
use crate::market::Case;
use domain::decide::Command;
use domain::history::Uses;
use domain::rank::LadderState;
use domain::receipt::{Line, Receipt};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::sync::LazyLock;
use zen_engine::Variable;

static TOKYO: LazyLock<Option<TimeZone>> = LazyLock::new(|| TimeZone::get("Asia/Tokyo").ok());

/// Everything that the decision looks at.
pub(crate) fn of(case: &Case) -> Result<Variable, Failure> {
    let Command::Purchase(purchase) = &case.command else {
        return Err("not a receipt".into());
    };
    let receipt = &purchase.receipt;
    let zone = TOKYO.as_ref().ok_or("no time zone")?;
    // Every shop is closed at the cut-over, so that the day is that of the clock.
    let clock = zone.to_datetime(receipt.occurred_at);
    let input = Variable::empty_object();
    let person = case.member.history.person.as_ref();
    let birth_month = person.and_then(|person| person.birth_date);
    let birth_month = birth_month.map_or(0, |date| date.month());
    let day = i64::from(clock.month()) * 100 + i64::from(clock.day());
    put(&input, "lines", lines(receipt)?);
    put(&input, "store", text(&receipt.store));
    put(&input, "brand", text(brand(receipt)));
    put(&input, "weekday", text(weekday(clock.weekday())));
    put(&input, "day", number(clock.day().into()));
    put(&input, "date", number(day));
    put(&input, "hour", number(clock.hour().into()));
    put(
        &input,
        "birthday",
        Variable::Bool(birth_month == clock.month()),
    );
    let date = clock.date();
    put(&input, "month_spend", spent(case, date.first_of_month()));
    put(&input, "year_spend", spent(case, date.first_of_year()));
    put(&input, "rank", text(rank(case)));
    let used = Variable::empty_object();
    for (code, key) in [
        ("visit", "visit"),
        ("big-basket", "big_basket"),
        ("stamp", "stamp"),
        ("birthday", "birthday"),
        ("thank-you", "thank_you"),
    ] {
        let uses = uses(case, code);
        let both = Variable::empty_object();
        put(&both, "points", number(uses.points.get()));
        put(&both, "times", number(uses.times));
        put(&used, key, both);
    }
    put(&input, "used", used);
    let budget = case.budgets.used.get("thank-you");
    let budget = budget.map_or(0, |uses| uses.points.get());
    put(&input, "thank_you_budget", number(budget));
    Ok(input)
}

/// What was spent since a date, as far as some rule looks at it.
fn spent(case: &Case, since: Date) -> Variable {
    let mut ranges = case.member.history.counters.iter();
    let range = ranges.find(|(range, _)| range.from == Some(since));
    number(range.map_or(0, |(_, counters)| counters.spend.minor()))
}

fn rank(case: &Case) -> &str {
    let ladder = case.member.ranks.ladders.get("members");
    ladder.and_then(LadderState::code).unwrap_or("bronze")
}

fn lines(receipt: &Receipt) -> Result<Variable, Failure> {
    let mut lines = Vec::with_capacity(receipt.lines.len());
    for line in &receipt.lines {
        let part = Variable::empty_object();
        put(&part, "category", optional(line.category.as_deref()));
        put(&part, "sku", optional(line.sku.as_deref()));
        put(&part, "amount", number(amount(line)?));
        put(&part, "quantity", number(line.quantity.full_pieces()));
        lines.push(part);
    }
    Ok(Variable::from_array(lines))
}

fn amount(line: &Line) -> Result<i64, Failure> {
    let price = line.unit_price.ok_or("a line without a price")?;
    Ok(price.minor() * line.quantity.full_pieces())
}

fn brand(receipt: &Receipt) -> &str {
    let tender = receipt.tenders.first();
    tender
        .and_then(|tender| tender.brand.as_deref())
        .unwrap_or_default()
}

/// What was used of a code's limit over time; each has one.
fn uses(case: &Case, code: &str) -> Uses {
    let mut uses = case.member.history.uses.iter();
    let found = uses.find(|((key, _), _)| key == code);
    found.map(|(_, uses)| *uses).unwrap_or_default()
}

fn weekday(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

fn put(object: &Variable, key: &str, value: Variable) {
    if let Some(object) = object.as_object() {
        object.borrow_mut().insert_str(key, value);
    }
}

fn number(number: i64) -> Variable {
    Variable::Number(Decimal::from(number))
}

fn text(text: &str) -> Variable {
    Variable::String(text.into())
}

fn optional(value: Option<&str>) -> Variable {
    value.map_or(Variable::Null, text)
}
