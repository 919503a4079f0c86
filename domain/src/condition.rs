//! When a rule applies and to which lines: one condition, shared by every kind of rule.

use crate::amount::Amount;
use crate::program::reader::{Object, Reader};
use crate::receipt::Line;
use jiff::civil::Date;
use period::Period;

mod period;
#[cfg(test)]
mod tests;

/// The most entries of any list of a condition.
pub(crate) const MAX_ENTRIES: usize = 1_000;

/// The `when` of a rule; the default always applies to all lines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Condition {
    period: Period,
    /// Codes; none = every store.
    stores: Option<Vec<String>>,
    /// Paths; none = every line.
    categories: Option<Vec<String>>,
    /// Of the matching lines, in the rule's basis.
    minimum_amount: Option<Amount>,
}

/// Why a rule can't apply to a receipt, before any money is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unmet {
    /// The business date is not one of the rule's; the next one that is.
    OutsidePeriod(Option<Date>),
    /// The store is not one of the rule's.
    Store,
}

impl Condition {
    /// Whether date and store let the rule apply.
    pub(crate) fn admits(&self, business_date: Date, store: &str) -> Result<(), Unmet> {
        if !self.period.contains(business_date) {
            return Err(Unmet::OutsidePeriod(self.period.next_after(business_date)));
        }
        let is_store = |stores: &Vec<String>| stores.iter().any(|code| code == store);
        if self.stores.as_ref().is_none_or(is_store) {
            Ok(())
        } else {
            Err(Unmet::Store)
        }
    }

    /// Whether the rule sees only some lines.
    pub(crate) fn has_line_scope(&self) -> bool {
        self.categories.is_some()
    }

    /// Whether the rule sees this line.
    pub(crate) fn matches_line(&self, line: &Line) -> bool {
        let Some(categories) = &self.categories else {
            return true;
        };
        let Some(path) = line.category.as_deref() else {
            return false;
        };
        categories.iter().any(|category| is_within(path, category))
    }

    /// How much the matching lines fall short of the minimum amount.
    pub(crate) fn missing(&self, amount: Amount) -> Option<Amount> {
        let missing = self.minimum_amount?.checked_sub(amount).ok()?;
        (missing > Amount::ZERO).then_some(missing)
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
        let stores = reader
            .filled_list(when, "stores", MAX_ENTRIES)
            .map(|items| {
                items
                    .into_iter()
                    .map(|(pointer, value)| reader.store_at(value, pointer))
                    .collect()
            });
        let categories = reader
            .filled_list(when, "categories", MAX_ENTRIES)
            .map(|items| {
                items
                    .into_iter()
                    .map(|(pointer, value)| reader.text_at(value, pointer))
                    .collect()
            });
        let minimum = reader.integer(when, "minimum_amount", 0..=Amount::MAX.minor());
        let later = [
            "hours",
            "rrule",
            "terminals",
            "skus",
            "departments",
            "minimum_quantity",
            "tenders",
            "ranks",
            "birthday",
            "first_purchase",
            "nth_visit",
            "days_since_enrolment_max",
            "days_since_last_visit_min",
            "attributes",
        ];
        reader.refuse(when, &later);
        Self {
            period,
            stores,
            categories,
            minimum_amount: minimum.map(Amount::new),
        }
    }
}

/// Whether `path` is `category` or lies below it, by whole segments.
fn is_within(path: &str, category: &str) -> bool {
    let rest = path.strip_prefix(category);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
