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
/// Different lines that the receipts draw from; written once.
const LINES_PRINTED: i64 = 2_000;
const CATEGORIES: [&str; 6] = [
    "food/fresh",
    "food/frozen",
    "drinks/soft",
    "household/cleaning",
    "body/care",
    "stationery",
];

/// Lines that are ready to be put on receipts.
#[derive(Debug)]
pub(crate) struct Catalogue(Vec<PrintedLine>);

#[derive(Debug)]
struct PrintedLine {
    text: String,
    amount: i64,
}

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

impl Catalogue {
    /// Prints the lines; the same ones for the same `random`.
    pub(crate) fn new(random: &mut Xoshiro256PlusPlus) -> Self {
        let print = |article| {
            let quantity = random.random_range(1..=3_i64);
            let unit_price = random.random_range(80..=1_980_i64);
            let category = pick_category(article);
            PrintedLine {
                text: format!(
                    r#"{{"sku":"49{article:011}","category":"{category}","quantity":{quantity},"unit_price":{unit_price},"tax_percent":"8"}}"#
                ),
                amount: quantity.saturating_mul(unit_price),
            }
        };
        Self((0..LINES_PRINTED).map(print).collect())
    }

    /// A receipt of three lines bought now by `member`.
    pub(crate) fn purchase(
        &self,
        random: &mut Xoshiro256PlusPlus,
        till: Till<'_>,
        member: &Member,
    ) -> Receipt {
        let mut text = String::with_capacity(768);
        let mut total = 0_i64;
        let Till {
            mark,
            number,
            receipt,
        } = till;
        let begun = write!(
            text,
            r#"{{"store":"{STORE}","terminal":"{mark}-{number}","receipt_number":"{receipt}","occurred_at":"{}","member":"#,
            clock::now(),
        );
        text.push_str(&member.reference);
        text.push_str(r#","lines":["#);
        for _ in 0..LINES {
            let position = random.random_range(0..self.0.len().max(1));
            if let Some(line) = self.0.get(position) {
                text.push_str(&line.text);
                text.push(',');
                total = total.saturating_add(line.amount);
            }
        }
        // No comma after the last line.
        text.pop();
        let ended = write!(
            text,
            r#"],"tenders":[{{"type":"cash","amount":{total}}}]}}"#
        );
        debug_assert!(begun.and(ended).is_ok(), "a String takes every write");
        let base = total.div_euclid(AMOUNT_PER_BASE_POINT);
        Receipt {
            body: text,
            points: base.saturating_mul(POINTS_PER_BASE_POINT),
        }
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
