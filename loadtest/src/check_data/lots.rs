//! Points that end and are spent: the year of every member, month by month on the sandbox's clock.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt,
};

use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::Deserialize;
use serde_json::json;

use super::{
    Origin, Verdict,
    caller::Request,
    data_set::{DataSet, Joining, Sold},
    points::{self, Reading},
    programs::program,
    shop::{self, Shop, Side},
};
use crate::{failure::Failure, stack::Stack, world::parse};

/// The most members that buy in one batch.
const MOST_RECEIPTS: usize = 1_000;

/// Whoever has `hold` points after a receipt spends `spend` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Habit {
    pub(crate) hold: i64,
    pub(crate) spend: i64,
}

impl fmt::Display for Habit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.hold, self.spend)
    }
}

/// What the reference has for lots of a set.
pub(crate) fn habits(origin: Origin) -> impl Iterator<Item = (Reading, Habit)> {
    let readings = [Reading::R1, Reading::R2];
    readings
        .into_iter()
        .flat_map(move |reading| origin.lots.map(|habit| (reading, habit)))
}

/// A member's year in the reference.
#[derive(Debug, Default, PartialEq, Eq)]
struct Year {
    earned: i64,
    redeemed: i64,
    expired: i64,
    balance: i64,
    /// Points by the day on which they end.
    open: BTreeMap<String, i64>,
}

impl Year {
    /// Spend after a receipt.
    fn spend(&mut self, sold: &Sold, habit: Habit) -> Request {
        self.redeemed = self.redeemed.saturating_add(habit.spend);
        let wish = json!({"member": {"external_id": sold.member}, "wallet": "points",
            "points": habit.spend, "mode": "capture"});
        Request::post("/v1/redemptions", &wish).keyed(format!("spend-{}", sold.number))
    }
}

#[derive(Deserialize)]
struct Wallets {
    wallets: Vec<points::Balance>,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Ending>,
}

#[derive(Deserialize)]
struct Ending {
    points: i64,
    expires_at: Timestamp,
}

/// Replay the set and compare member by member; the points shown are the balances.
pub(crate) async fn check(
    stack: &Stack,
    data: &DataSet,
    (reading, habit): (Reading, Habit),
    name: String,
) -> Result<Verdict, Failure> {
    let file = format!(
        "lots_{}_hold{}_spend{}.csv.gz",
        reading.name(),
        habit.hold,
        habit.spend
    );
    let rows = data.reference(&file)?;
    let expected: HashMap<String, Year> =
        rows.iter().map(|row| year(row)).collect::<Result<_, _>>()?;
    let expiry = json!({"type": "end_of_month", "months": 6});
    let program = program(reading, &expiry);
    let first = data.receipts.first().map(|sold| sold.date);
    let first = first.ok_or_else(|| Failure::other("the set has no receipts"))?;
    let start = Side::Sandbox(instant(data, first)?);
    let mut shop = shop::open(stack, data, start, &program).await?;
    let mut years: HashMap<&str, Year> = HashMap::new();
    let mut months: BTreeMap<Date, Vec<&Sold>> = BTreeMap::new();
    for sold in &data.receipts {
        months
            .entry(sold.date.first_of_month())
            .or_default()
            .push(sold);
    }
    let mut last = first;
    for (month, sold) in months {
        let end = month.last_of_month().tomorrow();
        last = end.map_err(|error| Failure::other(error.to_string()))?;
        let second_before = instant(data, last)?.checked_sub(SignedDuration::from_secs(1));
        let now = second_before.map_err(|error| Failure::other(error.to_string()))?;
        shop::set_clock(&shop.caller, now).await?;
        // Nobody joins in a sandbox's future.
        let joins = |member: &&Joining| member.date.first_of_month() == month;
        let joining: Vec<&Joining> = data.members.iter().filter(joins).collect();
        shop.enrol(&joining).await?;
        shop_and_spend(&shop, sold, habit, &mut years).await?;
    }
    shop::set_clock(&shop.caller, instant(data, last)?).await?;
    let mut verdict = Verdict {
        name,
        compared: 0,
        expected: 0,
        found: 0,
        differences: Vec::new(),
    };
    read_back(&shop, data, &mut years).await?;
    for (member, wanted) in &expected {
        let found = years.remove(member.as_str()).unwrap_or_default();
        verdict.compare(member, wanted.balance, found.balance);
        if *wanted != found {
            let line = format!("{member}: expected {wanted:?}, found {found:?}");
            verdict.differences.push(line);
        }
    }
    Ok(verdict)
}

fn year(row: &str) -> Result<(String, Year), Failure> {
    let wrong = || Failure::other(format!("the reference has a row {row}"));
    let mut cells = row.splitn(7, ',');
    let member = cells.next().ok_or_else(wrong)?.to_owned();
    let mut number = || cells.next().and_then(|cell| cell.parse().ok());
    let earned = number().ok_or_else(wrong)?;
    let _redemptions: i64 = number().ok_or_else(wrong)?;
    let (redeemed, expired) = number().zip(number()).ok_or_else(wrong)?;
    let balance = number().ok_or_else(wrong)?;
    let open = cells.next().ok_or_else(wrong)?;
    let open = open.trim_matches('"').replace("\"\"", "\"");
    let open: Vec<(String, i64)> = serde_json::from_str(&open).map_err(|_unread| wrong())?;
    let year = Year {
        earned,
        redeemed,
        expired,
        balance,
        open: open.into_iter().collect(),
    };
    Ok((member, year))
}

pub(super) fn instant(data: &DataSet, date: Date) -> Result<Timestamp, Failure> {
    let midnight = date.to_zoned(data.zone.clone());
    let midnight = midnight.map_err(|error| Failure::other(error.to_string()))?;
    Ok(midnight.timestamp())
}

/// Every member's receipts in their order: in each round one of each member, then the spending.
async fn shop_and_spend<'a>(
    shop: &Shop,
    sold: Vec<&'a Sold>,
    habit: Habit,
    years: &mut HashMap<&'a str, Year>,
) -> Result<(), Failure> {
    let mut waiting: BTreeMap<&str, VecDeque<&Sold>> = BTreeMap::new();
    for sold in sold {
        waiting.entry(&sold.member).or_default().push_back(sold);
    }
    while !waiting.is_empty() {
        let round: Vec<&Sold> = waiting
            .values_mut()
            .filter_map(VecDeque::pop_front)
            .collect();
        waiting.retain(|_, sold| !sold.is_empty());
        let mut spending = Vec::new();
        for batch in round.chunks(MOST_RECEIPTS) {
            let recorded = points::record(&shop.caller, batch).await?;
            for (sold, recorded) in batch.iter().zip(recorded) {
                let year = years.entry(&sold.member).or_default();
                year.earned = year.earned.saturating_add(recorded.points());
                let available = recorded.balances.first().map(|wallet| wallet.available);
                let spends = available.unwrap_or_default() >= habit.hold;
                spending.extend(spends.then(|| year.spend(sold, habit)));
            }
        }
        shop.caller.ask_all(spending).await?;
    }
    Ok(())
}

/// What everybody has in the end. What is neither there nor spent is over.
async fn read_back(
    shop: &Shop,
    data: &DataSet,
    years: &mut HashMap<&str, Year>,
) -> Result<(), Failure> {
    let members: Vec<(&String, &String)> = shop.members.iter().collect();
    let path = |what: &str| {
        let members = members.iter();
        let paths = members.map(|(_, id)| format!("/v1/members/{id}/{what}"));
        paths.map(Request::get).collect::<Vec<_>>()
    };
    let balances = shop.caller.ask_all(path("balances")).await?;
    let endings = shop.caller.ask_all(path("expirations?limit=200")).await?;
    let answers = balances.iter().zip(&endings);
    for ((member, _), (balance, ending)) in members.iter().zip(answers) {
        let Some(year) = years.get_mut(member.as_str()) else {
            continue;
        };
        let Wallets { wallets } = parse(balance, "balances")?;
        let available = wallets.iter().map(|wallet| wallet.available);
        year.balance = available.fold(0_i64, i64::saturating_add);
        year.expired = year
            .earned
            .saturating_sub(year.redeemed)
            .saturating_sub(year.balance);
        let Page { data: lots } = parse(ending, "expirations")?;
        for lot in lots {
            let day = lot.expires_at.to_zoned(data.zone.clone()).date();
            let open = year.open.entry(day.to_string()).or_default();
            *open = open.saturating_add(lot.points);
        }
    }
    Ok(())
}
