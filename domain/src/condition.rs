//! When a rule applies and to which lines: one condition, shared by every kind of rule.

use crate::amount::Amount;
use crate::explain::Reason;
use crate::fault::FaultCode;
use crate::history::HistoryNotLoaded;
use crate::needs::Needs;
use crate::program::reader::{Object, Reader};
use crate::receipt::{Line, Tender};
use customer::CustomerPart;
use hours::Hours;
use jiff::civil::Date;
use lines::LinePart;
use period::Period;

mod customer;
pub(crate) mod hours;
mod lines;
mod moment;
mod period;
mod recurrence;
#[cfg(test)]
mod tests;

pub(crate) use lines::{Codes, Goods, Path, Paths};
pub(crate) use moment::{Customer, Moment};

/// The most entries of any list of a condition.
pub(crate) const MAX_ENTRIES: usize = 1_000;
/// The largest quantity that can be asked for.
const MAX_QUANTITY: i64 = 999_999_999_999;

/// The `when` of a rule; the default always applies to all lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Condition {
    period: Period,
    hours: Option<Hours>,
    /// Codes; none = every store.
    stores: Option<Vec<String>>,
    /// None = every till.
    terminals: Option<Vec<String>>,
    /// Types or brands, one of which must pay; none = however it is paid.
    tenders: Option<Vec<String>>,
    customer: CustomerPart,
    lines: LinePart,
    /// Of the matching lines, in the rule's basis.
    minimum_amount: Option<Amount>,
    /// Whole pieces of the matching lines.
    minimum_quantity: Option<i64>,
    /// Whether it asks anything of time, place and payment.
    asks_for_visit: bool,
    /// Whether it asks anything of the member.
    asks_for_member: bool,
    /// Whether it asks anything of lines.
    is_narrow: bool,
}

/// Why a rule can't apply to a receipt, before any money is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// The business date is not one of the rule's; the next one that is.
    OutsidePeriod(Option<Date>),
    /// The day is right and the hour is not.
    OutsideHours(Hours),
    /// The store is not one of the rule's.
    Store,
    /// The till is not one of the rule's.
    Terminal,
    /// Nothing that the rule asks for paid.
    Tender,
    /// There is no member to ask.
    NoMember,
    /// The birthday is not near, or not known.
    Birthday,
    /// There were purchases before.
    NotFirstPurchase,
    /// It is another visit; how many more it takes, if it is still to come.
    OtherVisit(Option<i64>),
    /// The enrolment is longer ago than so many days.
    EnrolledTooLong(i64),
    /// The last visit was too short ago; the first date that would do.
    VisitedRecently(Option<Date>),
    /// There was no visit to come back from.
    NoEarlierVisit,
    /// The member's attributes are others.
    Attributes,
    /// The member has another rank.
    Rank,
    /// It did not when the receipt was recorded.
    AsBefore(Reason),
}

impl Condition {
    /// Whether the circumstances let the rule apply.
    pub(crate) fn admits(
        &self,
        moment: &Moment<'_>,
    ) -> Result<Result<(), Unmet>, HistoryNotLoaded> {
        if self.asks_for_visit
            && let Err(unmet) = self.admits_visit(moment)
        {
            return Ok(Err(unmet));
        }
        if !self.asks_for_member {
            return Ok(Ok(()));
        }
        match &moment.customer {
            Some(customer) => self.customer.admits(customer, moment.business_date),
            None => Ok(Err(Unmet::NoMember)),
        }
    }

    /// Whether it looks at the member at all.
    pub(crate) fn asks_for_member(&self) -> bool {
        self.asks_for_member
    }

    /// Names what `admits` will look at: nothing on a day, or in a place, that is not the rule's.
    /// The history of the moment's customer is not looked at.
    pub(crate) fn need(&self, moment: &Moment<'_>, needs: &mut Needs) {
        if let Some(customer) = &moment.customer
            && self.asks_for_member
            && self.admits_visit(moment).is_ok()
        {
            self.customer.need(customer.date, needs);
        }
    }

    /// Time, place and payment: what needs no look at the member.
    fn admits_visit(&self, moment: &Moment<'_>) -> Result<(), Unmet> {
        self.period.admits(moment)?;
        if let Some(hours) = self
            .hours
            .filter(|hours| !hours.contains(moment.wall_clock.time()))
        {
            return Err(Unmet::OutsideHours(hours));
        }
        let names = |listed: &Option<Vec<String>>, found: &str| {
            let listed = listed.as_ref();
            listed.is_none_or(|listed| listed.iter().any(|code| code == found))
        };
        if !names(&self.stores, moment.store) {
            return Err(Unmet::Store);
        }
        if !names(&self.terminals, moment.terminal) {
            return Err(Unmet::Terminal);
        }
        let is_asked = |tender: &Tender, listed: &[String]| {
            let brand = tender.brand.as_deref();
            let names =
                |code: &String| code == tender.r#type.as_str() || Some(code.as_str()) == brand;
            tender.amount >= Amount::ZERO && listed.iter().any(names)
        };
        let is_paid =
            |listed: &Vec<String>| moment.tenders.iter().any(|tender| is_asked(tender, listed));
        if !self.tenders.as_ref().is_none_or(is_paid) {
            return Err(Unmet::Tender);
        }
        Ok(())
    }

    /// Whether the rule sees only some lines.
    pub(crate) fn has_line_scope(&self) -> bool {
        self.is_narrow
    }

    /// Whether it asks nothing of time, place, payment and member.
    pub(crate) fn is_open(&self) -> bool {
        !self.asks_for_visit && !self.asks_for_member
    }

    /// The one category of the lines that it sees, if nothing else is asked of them.
    pub(crate) fn only_path(&self) -> Option<&Path> {
        self.lines.only_path()
    }

    /// The article numbers of the lines that it sees, if nothing else is asked of them.
    pub(crate) fn only_skus(&self) -> Option<&Codes> {
        self.lines.only_skus()
    }

    /// Whether the rule sees this line.
    pub(crate) fn matches_line(&self, goods: &Goods<'_>) -> bool {
        self.lines.matches(goods)
    }

    /// Whether the matching lines must be worth something.
    pub(crate) fn has_minimum_amount(&self) -> bool {
        self.minimum_amount.is_some()
    }

    /// How much the matching lines fall short of the minimum amount.
    pub(crate) fn missing(&self, amount: Amount) -> Option<Amount> {
        let missing = self.minimum_amount?.checked_sub(amount).ok()?;
        (missing > Amount::ZERO).then_some(missing)
    }

    /// How many whole pieces the lines that the rule sees fall short of the minimum quantity.
    pub(crate) fn missing_quantity<'l>(&self, seen: impl Iterator<Item = &'l Line>) -> Option<i64> {
        let minimum = self.minimum_quantity?;
        // A line that takes money back, such as a coupon, brings no piece.
        let brings = |line: &&Line| line.value().is_ok_and(|value| value >= Amount::ZERO);
        let found = seen.filter(brings).fold(0_i64, |sum, line| {
            sum.saturating_add(line.quantity.full_pieces())
        });
        let missing = minimum.saturating_sub(found);
        (missing > 0).then_some(missing)
    }

    /// When the promotion began, to tell which is the newest.
    pub(crate) fn begins_on(&self) -> Option<Date> {
        self.period.from()
    }

    /// Reads the `when` of a rule, if it has one.
    pub(crate) fn read_optional(reader: &mut Reader<'_>, rule: &mut Object<'_>) -> Self {
        reader
            .child(rule, "when")
            .map_or_else(Self::default, |mut when| {
                let condition = Self::read(reader, &mut when);
                reader.close(&when);
                condition
            })
    }

    fn read(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Self {
        let period = Period::read(reader, when);
        let hours = Hours::read(reader, when);
        let stores = reader
            .filled_list(when, "stores", MAX_ENTRIES)
            .map(|items| {
                items
                    .into_iter()
                    .map(|(pointer, value)| reader.store_at(value, pointer))
                    .collect()
            });
        reader.refuse_entries(when, &["store_groups"]);
        let terminals = read_terminals(reader, when);
        let tenders = read_texts(reader, when, "tenders");
        let lines = LinePart::read(reader, when);
        let minimum = reader.integer(when, "minimum_amount", 0..=Amount::MAX.minor());
        let minimum_quantity = reader.integer(when, "minimum_quantity", 1..=MAX_QUANTITY);
        let customer = CustomerPart::read(reader, when);
        let is_anywhere = stores.is_none() && terminals.is_none() && tenders.is_none();
        Self {
            asks_for_visit: !is_anywhere || hours.is_some() || period != Period::default(),
            asks_for_member: !customer.is_open(),
            is_narrow: lines.is_narrow(),
            period,
            hours,
            stores,
            terminals,
            tenders,
            customer,
            lines,
            minimum_amount: minimum.map(Amount::new),
            minimum_quantity,
        }
    }
}

/// Reads a list of texts that makes sense only with entries.
fn read_texts(
    reader: &mut Reader<'_>,
    when: &mut Object<'_>,
    field: &'static str,
) -> Option<Vec<String>> {
    let items = reader.filled_list(when, field, MAX_ENTRIES)?;
    let texts = items.into_iter();
    Some(
        texts
            .map(|(pointer, value)| reader.text_at(value, pointer))
            .collect(),
    )
}

/// Tills may be named by the empty text: that is what a store with a single one sends.
fn read_terminals(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Option<Vec<String>> {
    let items = reader.filled_list(when, "terminals", MAX_ENTRIES)?;
    let mut terminals = Vec::with_capacity(items.len());
    for (pointer, value) in items {
        terminals.push(match value.as_str() {
            Some("") => String::new(),
            Some(_) => reader.text_at(value, pointer),
            None => {
                reader.fault(pointer, FaultCode::InvalidType, "give a text here");
                String::new()
            }
        });
    }
    Some(terminals)
}
