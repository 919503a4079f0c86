//! Which members a rule is for: by birthday, earlier visits, time since enrolment and the
//! tenant's own attributes. What it finds out about a person is never a date or a value, so that
//! a stored explanation holds nothing personal.

use super::{Customer, MAX_ENTRIES, Unmet};
use crate::fault::FaultCode;
use crate::history::HistoryNotLoaded;
use crate::needs::Needs;
use crate::program::reader::{Object, Reader};
use crate::window::{Cut, DateRange, Window};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The most days before and after a birthday: half a year.
const MAX_BIRTHDAY_DAYS: i64 = 182;
/// The largest visit that can be asked for.
const MAX_VISIT: i64 = 1_000_000;
/// The most days since enrolment or the last visit: a hundred years.
const MAX_DAYS: i64 = 36_525;
/// The most attributes that one condition looks at.
const MAX_ATTRIBUTES: usize = 50;
const HOURS_PER_DAY: i64 = 24;

/// How near the birthday must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Birthday {
    WithinDays(i64),
    Month,
}

/// What a rule asks of the member; the default asks nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CustomerPart {
    birthday: Option<Birthday>,
    first_purchase: bool,
    nth_visit: Option<i64>,
    days_since_enrolment_max: Option<i64>,
    days_since_last_visit_min: Option<i64>,
    /// Every key must have one of its values.
    attributes: BTreeMap<String, Vec<String>>,
    /// Codes of steps, one of which the member must have.
    ranks: Option<Vec<String>>,
}

impl CustomerPart {
    /// Whether it asks nothing.
    pub(super) fn is_open(&self) -> bool {
        self.birthday.is_none()
            && self.days_since_enrolment_max.is_none()
            && !self.looks_back()
            && self.attributes.is_empty()
            && self.ranks.is_none()
    }

    fn looks_back(&self) -> bool {
        self.first_purchase || self.nth_visit.is_some() || self.days_since_last_visit_min.is_some()
    }

    /// Names what `admits` will look at.
    pub(super) fn need(&self, member_date: Date, needs: &mut Needs) {
        if self.looks_back() {
            needs.counters.extend(earlier(member_date));
        }
        needs.person |= self.birthday.is_some() || !self.attributes.is_empty();
    }

    /// Whether the member is one that the rule is for, and if not, why.
    pub(super) fn admits(
        &self,
        customer: &Customer<'_>,
        business_date: Date,
    ) -> Result<Result<(), Unmet>, HistoryNotLoaded> {
        if let Some(ranks) = &self.ranks
            && !customer.held.is_one_of(ranks)
        {
            return Ok(Err(Unmet::Rank));
        }
        if let Some(most) = self.days_since_enrolment_max
            && days_between(customer.enrolled_on, customer.date) > most
        {
            return Ok(Err(Unmet::EnrolledTooLong(most)));
        }
        if self.looks_back() {
            let visits = self.check_visits(customer)?;
            if visits.is_err() {
                return Ok(visits);
            }
        }
        if self.birthday.is_none() && self.attributes.is_empty() {
            return Ok(Ok(()));
        }
        let person = customer.history.person()?;
        let is_near = |birthday: Birthday| {
            let birth_date = person.birth_date;
            birth_date.is_some_and(|birth_date| birthday.is_near(birth_date, business_date))
        };
        if !self.birthday.is_none_or(is_near) {
            return Ok(Err(Unmet::Birthday));
        }
        let has = |key: &String, values: &Vec<String>| {
            let value = person.attributes.get(key);
            value.is_some_and(|value| values.contains(value))
        };
        if self.attributes.iter().all(|(key, values)| has(key, values)) {
            Ok(Ok(()))
        } else {
            Ok(Err(Unmet::Attributes))
        }
    }

    /// What was recorded for dates up to the receipt's own: a later day never counts.
    fn check_visits(&self, customer: &Customer<'_>) -> Result<Result<(), Unmet>, HistoryNotLoaded> {
        let before = customer.history.counters(earlier(customer.date))?;
        if self.first_purchase && before.visits > 0 {
            return Ok(Err(Unmet::NotFirstPurchase));
        }
        let visit = before.visits.saturating_add(1);
        if let Some(wanted) = self.nth_visit.filter(|wanted| *wanted != visit) {
            let to_go = wanted.saturating_sub(visit);
            return Ok(Err(Unmet::OtherVisit((to_go > 0).then_some(to_go))));
        }
        let Some(least) = self.days_since_last_visit_min else {
            return Ok(Ok(()));
        };
        let Some(last) = before.last_visit else {
            return Ok(Err(Unmet::NoEarlierVisit));
        };
        if days_between(last, customer.date) >= least {
            return Ok(Ok(()));
        }
        Ok(Err(Unmet::VisitedRecently(
            last.checked_add(least.days()).ok(),
        )))
    }

    /// Reads the parts of a `when` that speak of the member.
    pub(super) fn read(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Self {
        let part = Self {
            birthday: Birthday::read(reader, when),
            first_purchase: read_flag(reader, when, "first_purchase"),
            nth_visit: reader.integer(when, "nth_visit", 1..=MAX_VISIT),
            days_since_enrolment_max: reader.integer(
                when,
                "days_since_enrolment_max",
                0..=MAX_DAYS,
            ),
            days_since_last_visit_min: reader.integer(
                when,
                "days_since_last_visit_min",
                0..=MAX_DAYS,
            ),
            attributes: read_attributes(reader, when),
            ranks: reader.filled_list(when, "ranks", MAX_ENTRIES).map(|items| {
                let items = items.into_iter();
                items
                    .map(|(pointer, value)| reader.rank_at(value, pointer))
                    .collect()
            }),
        };
        let is_first = part.first_purchase || part.nth_visit == Some(1);
        let is_later = part.nth_visit.is_some_and(|visit| visit > 1);
        if is_first && (is_later || part.days_since_last_visit_min.is_some()) {
            let detail = "a first visit has no visit before it, so it can never fire";
            reader.warn(when.pointer().to_owned(), detail);
        }
        part
    }
}

/// Everything up to the date; also receipts of the same day that were recorded before.
fn earlier(member_date: Date) -> Option<DateRange> {
    Window::Lifetime.range(member_date, member_date, Cut::UpToDate)
}

fn days_between(first: Date, last: Date) -> i64 {
    last.duration_since(first)
        .as_hours()
        .div_euclid(HOURS_PER_DAY)
}

impl Birthday {
    fn is_near(self, birth_date: Date, on: Date) -> bool {
        match self {
            Self::Month => birth_date.month() == on.month(),
            Self::WithinDays(most) => (-1..=1).any(|shift| {
                let year = on.year().saturating_add(shift);
                let day = birthday_of(birth_date, year);
                day.is_some_and(|day| days_between(day, on).abs() <= most)
            }),
        }
    }

    fn read(reader: &mut Reader<'_>, when: &mut Object<'_>) -> Option<Self> {
        let mut object = reader.child(when, "birthday")?;
        let days = reader.integer(&mut object, "within_days", 0..=MAX_BIRTHDAY_DAYS);
        let has_days = object.get("within_days").is_some();
        let is_month = read_flag(reader, &mut object, "month");
        reader.close(&object);
        if has_days == is_month {
            let detail = "give either {\"within_days\": n} or {\"month\": true}";
            reader.fault(when.at("birthday"), FaultCode::InvalidValue, detail);
        }
        if is_month {
            Some(Self::Month)
        } else {
            days.map(Self::WithinDays)
        }
    }
}

/// 29 February counts on 28 in common years.
fn birthday_of(birth_date: Date, year: i16) -> Option<Date> {
    let (month, day) = (birth_date.month(), birth_date.day());
    let clipped = || Date::new(year, month, day.checked_sub(1)?).ok();
    Date::new(year, month, day).ok().or_else(clipped)
}

fn read_flag(reader: &mut Reader<'_>, object: &mut Object<'_>, field: &'static str) -> bool {
    let pointer = object.at(field);
    let Some(value) = object.get(field) else {
        return false;
    };
    value.as_bool().unwrap_or_else(|| {
        reader.fault(pointer, FaultCode::InvalidType, "give true or false here");
        false
    })
}

fn read_attributes(
    reader: &mut Reader<'_>,
    when: &mut Object<'_>,
) -> BTreeMap<String, Vec<String>> {
    let mut attributes = BTreeMap::new();
    let pointer = when.at("attributes");
    let Some(value) = when.get("attributes") else {
        return attributes;
    };
    let Some(wanted) = value.as_object() else {
        let detail = "give an object of keys and lists of values here";
        reader.fault(pointer, FaultCode::InvalidType, detail);
        return attributes;
    };
    if wanted.is_empty() {
        let detail = "give at least one entry, or leave it out";
        reader.fault(pointer, FaultCode::Empty, detail);
    } else if wanted.len() > MAX_ATTRIBUTES {
        let detail = format!("at most {MAX_ATTRIBUTES} attributes are allowed here");
        reader.fault(pointer, FaultCode::TooMany, detail);
    } else {
        for (key, values) in wanted {
            let at = format!("{pointer}/{}", crate::fault::escape_pointer(key));
            let Some(items) = reader.items(values, &at, MAX_ENTRIES) else {
                continue;
            };
            if items.is_empty() {
                let detail = "give at least one value, or leave the attribute out";
                reader.fault(at, FaultCode::Empty, detail);
            }
            let values = items.into_iter();
            let values = values
                .map(|(at, value)| reader.text_at(value, at))
                .collect();
            attributes.insert(key.clone(), values);
        }
    }
    attributes
}
