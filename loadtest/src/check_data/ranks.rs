//! Ladders that nobody thought of, over the real receipts of a year: what members are told of their
//! ranks must agree, and the proof of the whole ledger at the end walks every rank once more.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Verdict,
    caller::Request,
    data_set::{DataSet, Joining, Sold},
    lots::instant,
    points,
    shop::{self, Shop, Side},
};
use crate::{connection::Method, failure::Failure, stack::Stack, world::parse};

/// Random programs.
pub(crate) const PROGRAMS: u64 = 10;
/// The most members that buy in one batch.
const MOST_RECEIPTS: usize = 1_000;

#[derive(Deserialize)]
struct Ranks {
    ladders: Vec<Standing>,
}

#[derive(Deserialize)]
struct Standing {
    ladder: String,
    code: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Change>,
}

#[derive(Deserialize)]
struct Change {
    ladder: String,
    number: usize,
    code: Option<String>,
    previous: Option<String>,
}

/// Numbers that follow from a seed, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        // Steele's SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let sides = u64::try_from(sides).unwrap_or(1).max(1);
        usize::try_from((mixed ^ (mixed >> 31)).rem_euclid(sides)).unwrap_or(0)
    }

    fn one_of(&mut self, choices: &[Value]) -> Value {
        let place = self.below(choices.len());
        choices.get(place).cloned().unwrap_or(Value::Null)
    }
}

/// Replay the year month by month, with a rank set by hand here and there, and compare what is told
/// of each member's rank with its history; the numbers shown are the changes.
pub(crate) async fn check(
    stack: &Stack,
    data: &DataSet,
    (number, name): (u64, String),
) -> Result<Verdict, Failure> {
    let mut dice = Dice(number);
    let program = program(&mut dice);
    let first = data.receipts.first().map(|sold| sold.date);
    let first = first.ok_or_else(|| Failure::other("the set has no receipts"))?;
    let start = Side::Sandbox(instant(data, first)?);
    let mut shop = shop::open(stack, data, start, &program).await?;
    let mut months: BTreeMap<Date, Vec<&Sold>> = BTreeMap::new();
    for sold in &data.receipts {
        let month = months.entry(sold.date.first_of_month());
        month.or_default().push(sold);
    }
    let mut last = first;
    for (month, mut sold) in months {
        let end = month.last_of_month().tomorrow();
        let end = end.map_err(|error| Failure::other(error.to_string()))?;
        shop::set_clock(&shop.caller, instant(data, end)?).await?;
        last = end;
        // Nobody joins in a sandbox's future.
        let joins = |member: &&Joining| member.date.first_of_month() == month;
        let joining: Vec<&Joining> = data.members.iter().filter(joins).collect();
        shop.enrol(&joining).await?;
        // Some tills are late.
        let late = dice.below(20).saturating_add(5);
        if let Some((on_time, offline)) = sold.split_at_mut_checked(late) {
            offline.rotate_left(offline.len().min(3));
            on_time.reverse();
        }
        for batch in sold.chunks(MOST_RECEIPTS) {
            points::record(&shop.caller, batch).await?;
        }
        set_some(&shop, &mut dice, end).await?;
    }
    // What late receipts left to do is done with the next day.
    let next = last.tomorrow();
    let next = next.map_err(|error| Failure::other(error.to_string()))?;
    shop::set_clock(&shop.caller, instant(data, next)?).await?;
    read_back(&shop, name).await
}

/// Two ladders with everything that they may have.
fn program(dice: &mut Dice) -> Value {
    let mut ladder = |code: &str, codes: [&str; 3]| {
        let (metric, scale) = match dice.below(4) {
            0 => ("spend", 10_000),
            1 => ("gross_spend", 10_000),
            2 => ("visits", 3),
            _ => ("points_earned", 100),
        };
        let windows = [
            json!({"type": "lifetime"}),
            json!({"type": "calendar_month"}),
            json!({"type": "calendar_quarter"}),
            json!({"type": "rolling_days", "days": 30}),
            json!({"type": "rolling_days", "days": 90}),
            json!({"type": "rolling_months", "months": 3}),
            json!({"type": "anniversary_year"}),
            json!({"type": "since_enrolment"}),
        ];
        let downgrades = [
            json!({"at": "never"}),
            json!({"at": "rolling"}),
            json!({"at": "rolling", "grace_days": 14}),
            json!({"at": "month_start", "steps": "one"}),
            json!({"at": "dates", "dates": ["06-01", "12-01"], "grace_days": 30}),
            json!({"at": "anniversary"}),
        ];
        let upgrades = ["immediate", "immediate", "next_day", "period_end"].map(Value::from);
        let upgrade = dice.one_of(&upgrades);
        let at_once = upgrade == "immediate" && dice.below(2) == 0;
        let from = i64::try_from(dice.below(5)).unwrap_or(0).saturating_add(1);
        let step = |place: i64| from.saturating_mul(scale).saturating_mul(place);
        let [low, middle, high] = codes;
        json!({"code": code, "metric": metric, "window": dice.one_of(&windows), "upgrade": upgrade,
            "applies": if at_once { "at_once" } else { "next_receipt" },
            "downgrade": dice.one_of(&downgrades),
            "steps": [{"code": low, "from": 0},
                {"code": middle, "from": step(1), "earn_multiplier": "1.5", "discount_percent": "3"},
                {"code": high, "any_of": [{"metric": metric, "from": step(4)},
                    {"metric": "visits", "from": 12, "window": {"type": "rolling_days", "days": 60}}],
                    "earn_multiplier": "2", "discount_percent": "5"}]})
    };
    let ladders = [
        ladder("main", ["bronze", "silver", "gold"]),
        ladder("club", ["guest", "friend", "family"]),
    ];
    json!({
        "wallets": [{"code": "points", "expiry": {"type": "end_of_month", "months": 6}}],
        "ranks": ladders,
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
        "bonuses": [{"code": "gold-days", "wallet": "points", "when": {"ranks": ["gold"], "weekdays": ["sat", "sun"]},
            "effect": {"type": "multiplier", "times": "2"}}],
        "discounts": [{"code": "climbing", "type": "progressive", "window": {"type": "rolling_months", "months": 3},
            "tiers": [{"from": 0, "percent": "0"}, {"from": 20_000, "percent": "4"}]}],
    })
}

/// Some members get a rank by hand for a while.
async fn set_some(shop: &Shop, dice: &mut Dice, today: Date) -> Result<(), Failure> {
    let mut ids: Vec<&String> = shop.members.values().collect();
    ids.sort_unstable();
    let mut wishes = Vec::new();
    for _ in 0..5 {
        let place = dice.below(ids.len());
        let codes = [json!("silver"), json!("gold"), Value::Null];
        let code = dice.one_of(&codes);
        let until = today.last_of_month().to_string();
        let until = (!code.is_null()).then_some(until);
        let wish = json!({"ladder": "main", "code": code, "valid_until": until});
        if let Some(id) = ids.get(place) {
            let path = format!("/v1/members/{id}/rank");
            wishes.push(Request {
                method: Method::Put,
                ..Request::post(&path, &wish)
            });
        }
    }
    shop.caller.ask_all(wishes).await?;
    Ok(())
}

/// The rank that is told is where the last change led, each change has a number of its own and begins
/// where the one before it ended.
async fn read_back(shop: &Shop, name: String) -> Result<Verdict, Failure> {
    let mut verdict = Verdict {
        name,
        compared: 0,
        expected: 0,
        found: 0,
        differences: Vec::new(),
    };
    let members: Vec<(&String, &String)> = shop.members.iter().collect();
    let paths = |what: &str| {
        let members = members.iter();
        let paths = members.map(|(_, id)| format!("/v1/members/{id}/rank{what}"));
        paths.map(Request::get).collect::<Vec<_>>()
    };
    let ranks = shop.caller.ask_all(paths("")).await?;
    let histories = shop.caller.ask_all(paths("/history?limit=200")).await?;
    for ((member, _), (told, history)) in members.iter().zip(ranks.iter().zip(&histories)) {
        let Ranks { ladders } = parse(told, "ranks")?;
        let Page { data: changes } = parse(history, "a history of ranks")?;
        for told in ladders {
            let of_ladder = changes.iter().filter(|change| change.ladder == told.ladder);
            let mut of_ladder: Vec<&Change> = of_ladder.collect();
            of_ladder.sort_by_key(|change| change.number);
            let count = i64::try_from(of_ladder.len()).unwrap_or(i64::MAX);
            // A number is left out where spending made another step beneath a rank that was set.
            let numbers: BTreeSet<_> = of_ladder.iter().map(|change| change.number).collect();
            let numbered = i64::try_from(numbers.len()).unwrap_or(i64::MAX);
            verdict.compare(&format!("{member} {}", told.ladder), numbered, count);
            let follows = of_ladder.iter().zip(of_ladder.iter().skip(1));
            let mut breaks = follows.filter(|(one, next)| one.code != next.previous);
            let ends = of_ladder.last().is_none_or(|last| last.code == told.code);
            if breaks.next().is_some() || !ends {
                let line = format!("{member} {}: told {:?}", told.ladder, told.code);
                verdict.differences.push(line);
            }
        }
    }
    Ok(verdict)
}
