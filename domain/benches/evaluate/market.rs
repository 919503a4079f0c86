//! A tenant, its members and what they buy: thousands of receipts of ten lines, no two alike and
//! the same in every run. Each has the facts that its decision needs, as a service loads them.

use crate::program;
use domain::amount::{Amount, Decimal4, Points};
use domain::catalog::{Catalog, Store, Version};
use domain::decide::{Command, Decision, Facts, RecordPurchase, Refusal, decide};
use domain::history::{Budgets, Counters, Person, Uses};
use domain::id::{MemberId, StoreId};
use domain::member::{MemberFacts, MemberStatus, WalletFacts};
use domain::program::Program;
use domain::rank::{LadderState, RankFacts};
use domain::receipt::Receipt;
use domain::rounding::Rounding;
use domain::settings::Settings;
use jiff::civil::{Date, date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::error::Error;
use std::sync::Arc;
use uuid::Uuid;

/// The lines of each receipt.
const LINES: u32 = 10;
/// Every receipt took place by then.
const NOW: &str = "2026-12-01T00:00:00Z";
const STORES: [&str; 4] = ["shibuya", "ueno", "ikebukuro", "kanda"];
/// Category, the cheapest price in tens, the number of prices and the tax rate.
const SHELVES: [(&str, u32, u32, &str); 10] = [
    ("food/fresh", 10, 60, "8"),
    ("food/fresh/fish", 30, 120, "8"),
    ("food/frozen", 20, 50, "8"),
    ("food/dry/rice", 80, 200, "8"),
    ("drinks/tea", 9, 20, "8"),
    ("drinks/beer", 18, 40, "10"),
    ("household/paper", 25, 60, "10"),
    ("beauty/skin", 60, 300, "10"),
    ("electronics/small", 150, 900, "10"),
    ("services/gift-wrap", 10, 10, "10"),
];

/// A receipt and what its decision looks at.
pub(crate) struct Case {
    pub(crate) command: Command,
    pub(crate) member: MemberFacts,
    pub(crate) budgets: Budgets,
}

/// A tenant and its receipts.
pub(crate) struct Market {
    pub(crate) catalog: Catalog,
    pub(crate) cases: Vec<Case>,
    now: Timestamp,
}

impl Market {
    /// A market with so many receipts.
    pub(crate) fn open(receipts: u32) -> Result<Self, Box<dyn Error>> {
        let mut market = Self {
            catalog: catalog()?,
            cases: Vec::new(),
            now: NOW.parse()?,
        };
        let mut chance = Chance(1);
        for number in 0..receipts {
            let case = market.case(number, &mut chance)?;
            market.cases.push(case);
        }
        Ok(market)
    }

    /// What the service decides about a receipt.
    pub(crate) fn decide(&self, case: &Case) -> Result<Decision, Refusal> {
        let facts = Facts {
            member: Some(&case.member),
            budgets: &case.budgets,
            trail: None,
        };
        decide(&self.catalog, facts, &case.command, self.now)
    }

    fn case(&self, number: u32, chance: &mut Chance) -> Result<Case, Box<dyn Error>> {
        let receipt: Receipt = serde_json::from_value(receipt(number, chance)?)?;
        let command = Command::Purchase(RecordPurchase {
            seed: Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000),
            receipt,
            quote: true,
        });
        let mut member = member(number, chance)?;
        let standing = self.standing(&command, chance)?;
        member.ranks = standing.ranks;
        let needs = command.needs(&self.catalog, &member, self.now);
        let history = &mut member.history;
        // From the longest range on, so that each has spent no more than the one before it.
        let mut spent = standing.spent;
        for range in needs.counters {
            let counters = counters(spent, chance);
            history.counters.insert(range, counters);
            spent = spent.min(chance.below(200_000));
        }
        for (code, range) in needs.uses {
            let times = i64::from(chance.below(3));
            let points = Points::new(times.saturating_mul(i64::from(chance.below(120))));
            history.uses.insert((code, range), Uses { points, times });
        }
        history.person = needs.person.then(|| person(chance));
        let mut budgets = Budgets::default();
        for code in needs.budgets {
            let points = Points::new(i64::from(chance.below(1_000_200)));
            budgets.used.insert(code, Uses { points, times: 7 });
        }
        Ok(Case {
            command,
            member,
            budgets,
        })
    }
}

/// Where a member stands on the ladder, and what was spent in the time that it looks at.
struct Standing {
    ranks: RankFacts,
    spent: u32,
}

impl Market {
    /// A member of whom the reviews of the day are done: one of six is gold, and one of six silver.
    fn standing(&self, command: &Command, chance: &mut Chance) -> Result<Standing, Box<dyn Error>> {
        let Command::Purchase(purchase) = command else {
            return Err("not a receipt".into());
        };
        let today = self
            .catalog
            .settings
            .business_date(purchase.receipt.occurred_at);
        let mut ranks = RankFacts {
            reviewed_on: Some(today),
            ..RankFacts::default()
        };
        let (code, from, more) = match chance.below(6) {
            0 => ("gold", 500_000, 300_000),
            1 => ("silver", 200_000, 250_000),
            _ => ("bronze", 0, 180_000),
        };
        if from > 0 {
            let state = LadderState {
                earned: Some(code.to_owned()),
                earned_on: Some(date(2026, 8, 14)),
                manual: None,
                since: Some("2026-08-14T02:00:00Z".parse()?),
                changes: 1,
                reviewed_on: Some(date(2026, 8, 14)),
                is_late: false,
            };
            ranks.ladders.insert("members".to_owned(), state);
        }
        let spent = chance.below(more).saturating_add(from);
        Ok(Standing { ranks, spent })
    }
}

fn catalog() -> Result<Catalog, Box<dyn Error>> {
    let program = program::document();
    let program = Program::load(&program).map_err(|faults| format!("{faults:?}"))?;
    let store = |code: &str| {
        let store = Store {
            id: StoreId::from_uuid(Uuid::nil()),
            code: code.to_owned(),
            time_zone: None,
        };
        (code.to_owned(), store)
    };
    Ok(Catalog {
        revision: 1,
        settings: Settings {
            time_zone: TimeZone::get("Asia/Tokyo")?,
            cutover: time(5, 0, 0, 0),
            default_tax_percent: Decimal4::from_units(100_000),
            tax_rounding: Rounding::Floor,
            ..Settings::default()
        },
        stores: HashMap::from(STORES.map(store)),
        versions: vec![Version {
            number: 1,
            effective_from: Timestamp::UNIX_EPOCH,
            program: Arc::new(program),
        }],
    })
}

/// A receipt of November 2026, in opening hours.
fn receipt(number: u32, chance: &mut Chance) -> Result<Value, Box<dyn Error>> {
    let opens_at = date(2026, 11, 1).at(8, 0, 0, 0).in_tz("Asia/Tokyo")?;
    let days = i64::from(chance.below(30));
    let minutes = i64::from(chance.below(14 * 60));
    let occurred_at = opens_at.checked_add(days.days().minutes(minutes))?;
    let lines: Vec<Value> = (0..LINES).map(|_| line(chance)).collect();
    let brand = chance.one_of(&["house card", "bank card", "bank card"]);
    Ok(json!({
        "store": chance.one_of(&STORES),
        "terminal": "pos-1",
        "receipt_number": number.to_string(),
        "occurred_at": occurred_at.timestamp(),
        "lines": lines,
        "tenders": [{"type": "card", "brand": brand, "amount": 1_000}],
    }))
}

fn line(chance: &mut Chance) -> Value {
    let (category, cheapest, prices, tax_percent) = chance.one_of(&SHELVES);
    let tens = cheapest.saturating_add(chance.below(prices));
    let price = tens.saturating_mul(10).saturating_sub(2);
    json!({
        "sku": format!("sku-{:03}", chance.below(100)),
        "category": category,
        "quantity": chance.below(3).saturating_add(1),
        "unit_price": price,
        "tax_percent": tax_percent,
    })
}

fn member(number: u32, chance: &mut Chance) -> Result<MemberFacts, Box<dyn Error>> {
    let enrolled_at: Timestamp = "2024-04-01T03:00:00Z".parse()?;
    let hours = i64::from(chance.below(20_000));
    let wallet = |available: u32| WalletFacts {
        available: Points::new(i64::from(available)),
        ..WalletFacts::default()
    };
    Ok(MemberFacts {
        recalled: std::collections::BTreeSet::new(),
        member: MemberId::from_uuid(Uuid::from_u128(u128::from(number))),
        status: MemberStatus::Active,
        version: 12,
        last_recorded_at: "2026-10-31T03:00:00Z".parse()?,
        enrolled_at: enrolled_at.checked_add(hours.hours())?,
        wallets: BTreeMap::from([
            ("points".to_owned(), wallet(chance.below(10_000))),
            ("stamps".to_owned(), wallet(chance.below(20))),
        ]),
        history: domain::history::History::default(),
        ranks: RankFacts::default(),
    })
}

fn counters(spent: u32, chance: &mut Chance) -> Counters {
    let spend = Amount::new(i64::from(spent));
    Counters {
        spend,
        gross_spend: spend,
        visits: i64::from(chance.below(20)),
        points_earned: Points::new(i64::from(chance.below(3_000))),
        last_visit: Some(date(2026, 10, 31)),
    }
}

fn person(chance: &mut Chance) -> Person {
    let month = i8::try_from(chance.below(12))
        .unwrap_or(0)
        .saturating_add(1);
    Person {
        birth_date: Date::new(1980, month, 14).ok(),
        attributes: BTreeMap::new(),
    }
}

/// Numbers that look like chance and are the same in every run (splitmix64).
struct Chance(u64);

impl Chance {
    /// A number below `end`.
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let high = (bits ^ (bits >> 31)) >> 32;
        let scaled = high.wrapping_mul(u64::from(end)) >> 32;
        u32::try_from(scaled).unwrap_or(0)
    }

    fn one_of<T: Copy + Default>(&mut self, all: &[T]) -> T {
        let place = u32::try_from(all.len()).map_or(0, |end| self.below(end));
        let place = usize::try_from(place).unwrap_or(0);
        all.get(place).copied().unwrap_or_default()
    }
}
