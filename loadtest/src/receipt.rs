//! Bodies of the calls, written straight into bytes: the generator shares its cores with the
//! server, so it may not spend them on building documents.

use std::fmt::Write as _;

use rand::{RngExt, rngs::Xoshiro256PlusPlus};

use crate::{
    clock,
    world::{AMOUNT_PER_BASE_POINT, Member, POINTS_PER_BASE_POINT, STORE, WALLET},
};

/// Lines of every receipt, as in the goals of the service.
const LINES: usize = 3;
/// Distinct articles that the receipts draw from.
const ARTICLES: i64 = 5_000;
const CATEGORIES: [&str; 6] = [
    "food/fresh",
    "food/frozen",
    "drinks/soft",
    "household/cleaning",
    "body/care",
    "stationery",
];

/// A receipt and the points that the program grants for it.
#[derive(Debug)]
pub(crate) struct Receipt {
    /// JSON for `POST /v1/purchases`.
    pub(crate) body: String,
    /// Base points and both bonuses.
    pub(crate) points: i64,
}

/// Which till prints the receipt, and its number there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Till<'a> {
    /// Mark of the run.
    pub(crate) mark: &'a str,
    /// Number of the simulated till.
    pub(crate) number: usize,
    /// Receipts printed so far.
    pub(crate) receipt: u64,
}

/// A receipt of three lines bought now by `member`.
pub(crate) fn purchase(
    random: &mut Xoshiro256PlusPlus,
    till: Till<'_>,
    member: &Member,
) -> Receipt {
    let mut text = String::with_capacity(640);
    let mut total = 0_i64;
    let mut written = write!(
        text,
        r#"{{"store":"{STORE}","terminal":"{}-{}","receipt_number":"{}","occurred_at":"{}","member":{},"lines":["#,
        till.mark,
        till.number,
        till.receipt,
        clock::now(),
        member.reference,
    );
    for line in 0..LINES {
        let article = random.random_range(0..ARTICLES);
        let quantity = random.random_range(1..=3_i64);
        let unit_price = random.random_range(80..=1_980_i64);
        let category = pick_category(article);
        let comma = if line == 0 { "" } else { "," };
        total = total.saturating_add(quantity.saturating_mul(unit_price));
        written = written.and(write!(
            text,
            r#"{comma}{{"sku":"49{article:011}","category":"{category}","quantity":{quantity},"unit_price":{unit_price},"tax_percent":"8"}}"#,
        ));
    }
    written = written.and(write!(
        text,
        r#"],"tenders":[{{"type":"cash","amount":{total}}}]}}"#
    ));
    debug_assert!(written.is_ok(), "a String takes every write");
    let base = total.div_euclid(AMOUNT_PER_BASE_POINT);
    Receipt {
        body: text,
        points: base.saturating_mul(POINTS_PER_BASE_POINT),
    }
}

/// A redemption of a few points at once; the member may well have too few.
pub(crate) fn redemption(member: &Member, points: i64) -> String {
    let member = &member.reference;
    format!(r#"{{"member":{member},"wallet":"{WALLET}","points":{points},"mode":"capture"}}"#)
}

fn pick_category(article: i64) -> &'static str {
    let number = usize::try_from(article).unwrap_or_default();
    let position = number.checked_rem(CATEGORIES.len()).unwrap_or_default();
    CATEGORIES.get(position).copied().unwrap_or_default()
}
