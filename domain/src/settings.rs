//! What a tenant says once for all its receipts: currency, zone, tax and how old a receipt may be.

use crate::amount::{Decimal4, Overflow, Points};
use crate::calendar::{Cutovers, EarlierCutover, business_date};
use crate::rounding::Rounding;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[cfg(test)]
mod tests;

/// What points that pay for goods do to the tax.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PointsPaidAs {
    /// They lower only what is left to pay.
    #[default]
    Tender,
    /// They lower the taxable amount as well.
    Discount,
}

/// A tenant's settings beside its program.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// ISO 4217 code.
    pub currency: String,
    /// Makes expiry and member windows; stores may have their own for business dates.
    pub time_zone: TimeZone,
    /// The local time at which a business day begins.
    pub cutover: Time,
    /// Those of before, in the order in which they counted.
    pub earlier_cutovers: Vec<EarlierCutover>,
    /// Whether line amounts contain their tax.
    pub prices_include_tax: bool,
    /// The rate of a line that names none.
    pub default_tax_percent: Decimal4,
    /// How the tax is rounded, once per rate and receipt.
    pub tax_rounding: Rounding,
    /// What points that pay do to the tax.
    pub points_paid_as: PointsPaidAs,
    /// The oldest receipt that is taken, in days before now; none = any age.
    pub receipt_max_age_days: Option<u32>,
    /// How far ahead a till's clock may be, in minutes.
    pub receipt_max_future_minutes: u32,
    /// Whether a receipt from before the member's enrolment is taken.
    pub earn_before_enrolment: bool,
    /// An adjustment of more points than that waits for a second person; none = none does.
    pub two_person_above: Option<Points>,
}

/// The most cut-overs of before that are remembered; receipts older than those are cut by the oldest.
pub const MAX_EARLIER_CUTOVERS: usize = 100;

impl Settings {
    /// When business days begin and began.
    #[must_use]
    pub fn cutovers(&self) -> Cutovers<'_> {
        Cutovers::new(self.cutover, &self.earlier_cutovers)
    }

    /// The business date of an instant in the tenant's zone.
    #[must_use]
    pub fn business_date(&self, at: Timestamp) -> Date {
        business_date(at, &self.time_zone, self.cutovers())
    }

    /// The cut-overs of before once the present one is changed to `to` at `now`: the change counts from the next business
    /// day, and dates that were recorded stay what they are.
    pub fn earlier_after(&self, to: Time, now: Timestamp) -> Result<Vec<EarlierCutover>, Overflow> {
        let today = business_date(now, &self.time_zone, self.cutovers());
        let before = today.tomorrow().map_err(|_out_of_range| Overflow)?;
        let mut earlier = self.earlier_cutovers.clone();
        match earlier.last() {
            // Changed before on the same day: what counts today is remembered already.
            Some(last) if last.before == before => {
                if last.cutover == to {
                    earlier.pop();
                }
            }
            _ if to == self.cutover => {}
            _ => earlier.push(EarlierCutover {
                before,
                cutover: self.cutover,
            }),
        }
        let forgotten = earlier.len().saturating_sub(MAX_EARLIER_CUTOVERS);
        earlier.drain(..forgotten);
        Ok(earlier)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            currency: "JPY".to_owned(),
            time_zone: TimeZone::UTC,
            cutover: Time::midnight(),
            earlier_cutovers: Vec::new(),
            prices_include_tax: true,
            default_tax_percent: Decimal4::ZERO,
            tax_rounding: Rounding::Floor,
            points_paid_as: PointsPaidAs::Tender,
            receipt_max_age_days: None,
            receipt_max_future_minutes: 5,
            earn_before_enrolment: true,
            two_person_above: None,
        }
    }
}
