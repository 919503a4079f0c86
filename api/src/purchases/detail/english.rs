//! Explanations in English.

use domain::amount::{Amount, Points};
use domain::decide::{Explained, Reason};

use super::fitting;
use crate::language::Language;
use crate::money::{Currency, count};

/// One explanation.
pub(super) fn text(explained: &Explained, currency: &Currency) -> String {
    let money = |amount: Amount| currency.show(amount, Language::English);
    let Some(reason) = explained.reason else {
        return fired(explained, currency);
    };
    let plain = match reason {
        Reason::NoMember => "No member on this receipt",
        Reason::OutsidePeriod => match explained.next_date {
            Some(date) => return format!("Next on {date}"),
            None => "The offer is over",
        },
        Reason::OutsideHours => match &explained.hours {
            Some(hours) => return format!("Only from {} to {}", hours.from, hours.to),
            None => "Not at this hour",
        },
        Reason::Store => "Not in this store",
        Reason::Terminal => "Not at this till",
        Reason::Tender => "Not with this way of paying",
        Reason::Birthday => "Only around the birthday",
        Reason::NotFirstPurchase => "Only on the first purchase",
        Reason::OtherVisit => match explained.visits_to_go {
            Some(1) => "On the next visit",
            Some(visits) => return format!("{} visits to go", count(visits)),
            None => "That visit has passed",
        },
        Reason::EnrolledTooLong => match explained.most_days {
            Some(days) => return format!("Only for {} after joining", number(days, "day")),
            None => "Only for new members",
        },
        Reason::VisitedRecently => match explained.next_date {
            Some(date) => return format!("Last visit too recent; from {date}"),
            None => "Last visit too recent",
        },
        Reason::NoEarlierVisit => "Only for returning members",
        Reason::Attributes => "Not for this group of members",
        Reason::Rank => "Not for this rank",
        Reason::NoMatchingLines => "None of its articles on this receipt",
        Reason::BelowMinimum if explained.next_percent.is_some() => {
            return next_step(explained, currency).unwrap_or_default();
        }
        Reason::BelowMinimum if explained.discount.is_some() => "Too little to take anything off",
        Reason::BelowMinimum => match (explained.missing_amount, explained.next_points) {
            (Some(missing), Some(next)) => {
                return format!("{} more for {}", money(missing), points(next));
            }
            (Some(missing), None) => return format!("{} more needed", money(missing)),
            (None, _) => "Too little for a point",
        },
        Reason::BelowQuantity => match explained.missing_quantity {
            Some(missing) => return format!("{} more needed", number(missing, "piece")),
            None => "Too few pieces",
        },
        Reason::NoBasePoints => "No points to add to",
        Reason::AnotherRule => "Another offer gives more",
        Reason::LimitReached => "Limit reached",
        Reason::AnotherDiscount => "Another discount applies instead",
        Reason::NoRank => "No rank with a discount",
    };
    plain.to_owned()
}

fn fired(explained: &Explained, currency: &Currency) -> String {
    if let Some(discount) = explained.discount {
        return discounted(explained, discount, currency);
    }
    let granted = points(explained.points.unwrap_or(Points::ZERO));
    match (explained.times, explained.base_points, explained.amount) {
        (Some(times), Some(base), _) => {
            let long = format!("{times}× on {}: +{granted}", points(base));
            fitting(long, || format!("{times}×: +{granted}"))
        }
        (_, _, Some(amount)) => {
            let money = currency.show(amount, Language::English);
            format!("{granted} for {money}")
        }
        _ => granted,
    }
}

fn discounted(explained: &Explained, discount: Amount, currency: &Currency) -> String {
    let money = currency.show(discount, Language::English);
    let short = match explained.percent {
        Some(percent) => format!("{percent}% off: {money}"),
        None => format!("{money} off"),
    };
    match next_step(explained, currency) {
        Some(next) => fitting(format!("{short}; {next}"), || short),
        None => short,
    }
}

/// What it takes for the next rate.
fn next_step(explained: &Explained, currency: &Currency) -> Option<String> {
    let percent = explained.next_percent?;
    let what = match (explained.missing_amount, explained.visits_to_go) {
        (Some(missing), _) => format!("{} more", currency.show(missing, Language::English)),
        (None, Some(1)) => "1 more visit".to_owned(),
        (None, visits) => format!("{} more visits", count(visits?)),
    };
    Some(format!("{what} for {percent}%"))
}

fn points(points: Points) -> String {
    number(points.get(), "point")
}

fn number(of: i64, noun: &str) -> String {
    let plural = if of == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(of))
}
