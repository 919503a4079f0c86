//! What a tenant says about itself, checked as a whole.

use domain::amount::{Decimal4, Points};
use domain::fault::{Fault, FaultCode};
use domain::settings::PointsPaidAs;
use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::check_text;
use crate::zone::zone;

use super::currency;

const MAX_NAME_CHARACTERS: usize = 200;
/// A hundred years.
const MAX_RECEIPT_AGE_DAYS: u32 = 36_500;
/// A week; a till whose clock is further off is broken.
const MAX_FUTURE_MINUTES: u32 = 7 * 24 * 60;

/// How the tax is rounded, once per rate and receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TaxRounding {
    /// Down.
    #[default]
    Floor,
    /// To the nearest, halves up.
    HalfUp,
    /// Up.
    Ceil,
}

impl TaxRounding {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::HalfUp => "half_up",
            Self::Ceil => "ceil",
        }
    }
}

/// Settings of a tenant beside its program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantSettings {
    /// What people call it.
    #[schema(min_length = 1, max_length = 200, examples("Hanamaru Stores"))]
    pub(crate) name: String,
    /// ISO 4217 code. All money is in its minor units. It stays once a purchase is recorded.
    #[schema(pattern = "^[A-Z]{3}$", examples("JPY"))]
    pub(crate) currency: String,
    /// IANA zone. Makes business dates, unless a store has its own, and expiry.
    #[schema(examples("Asia/Tokyo"))]
    pub(crate) time_zone: String,
    /// The local time at which a business day begins, `HH:MM`.
    #[serde(default = "midnight")]
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", examples("05:00"))]
    pub(crate) business_day_cutover: String,
    /// Whether line amounts contain their tax.
    #[serde(default = "yes")]
    pub(crate) prices_include_tax: bool,
    /// The tax rate of a line that names none, in percent.
    #[serde(default)]
    pub(crate) default_tax_percent: Decimal4,
    /// How the tax is rounded.
    #[serde(default)]
    pub(crate) tax_rounding: TaxRounding,
    /// Whether points lower only what is paid (`tender`) or the taxable amount too (`discount`).
    #[serde(default)]
    pub(crate) points_paid_as: PointsPaidAs,
    /// The oldest receipt that is taken, in days; null: any age.
    #[serde(default)]
    #[schema(maximum = 36_500)]
    pub(crate) receipt_max_age_days: Option<u32>,
    /// How far ahead a till's clock may be, in minutes.
    #[serde(default = "five")]
    #[schema(maximum = 10_080)]
    pub(crate) receipt_max_future_minutes: u32,
    /// Whether a receipt from before the member's enrolment earns.
    #[serde(default = "yes")]
    pub(crate) earn_before_enrolment: bool,
    /// What is asked of corrections by hand.
    #[serde(default)]
    pub(crate) adjustments: AdjustmentSettings,
}

/// What is asked of corrections of points by hand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AdjustmentSettings {
    /// An adjustment of more points than that, given or taken, waits until another key approves it;
    /// null: none does.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    pub(crate) two_person_above: Option<Points>,
}

fn midnight() -> String {
    "00:00".to_owned()
}

const fn yes() -> bool {
    true
}

const fn five() -> u32 {
    5
}

impl TenantSettings {
    /// Everything that is wrong with them.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut faults = check_text("/name", &self.name, MAX_NAME_CHARACTERS);
        let mut wrong = |pointer: &str, code, detail: &str| {
            faults.push(Fault::new(pointer, code, detail));
        };
        if !currency::is_known(&self.currency) {
            let detail = "Use an alphabetic ISO 4217 code in capitals, e.g. JPY.";
            wrong("/currency", FaultCode::InvalidValue, detail);
        }
        if zone(&self.time_zone).is_none() {
            let detail = "Use the name of an IANA time zone, e.g. Asia/Tokyo.";
            wrong("/time_zone", FaultCode::InvalidValue, detail);
        }
        if cutover(&self.business_day_cutover).is_none() {
            let detail = "Use HH:MM from 00:00 to 23:59.";
            wrong("/business_day_cutover", FaultCode::InvalidValue, detail);
        }
        if !(Decimal4::ZERO..=Decimal4::HUNDRED).contains(&self.default_tax_percent) {
            let detail = "Use a percentage from \"0\" to \"100\".";
            wrong("/default_tax_percent", FaultCode::OutOfRange, detail);
        }
        if self.receipt_max_age_days > Some(MAX_RECEIPT_AGE_DAYS) {
            let detail = "Use at most 36500 days, or null for any age.";
            wrong("/receipt_max_age_days", FaultCode::OutOfRange, detail);
        }
        if self.receipt_max_future_minutes > MAX_FUTURE_MINUTES {
            let detail = "Use at most 10080 minutes.";
            wrong("/receipt_max_future_minutes", FaultCode::OutOfRange, detail);
        }
        let allowed = Points::ZERO..=Points::MAX_BALANCE;
        let above = self.adjustments.two_person_above;
        if above.is_some_and(|above| !allowed.contains(&above)) {
            let detail = "Use a number from 0 to 2^53 - 1, or null.";
            wrong(
                "/adjustments/two_person_above",
                FaultCode::OutOfRange,
                detail,
            );
        }
        faults
    }
}

/// The time in `HH:MM`.
pub(crate) fn cutover(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str| {
        let is_plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        is_plain.then(|| part.parse::<i8>().ok()).flatten()
    };
    Time::new(two_digits(hour)?, two_digits(minute)?, 0, 0).ok()
}

#[cfg(test)]
mod tests;
