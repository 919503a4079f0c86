//! The explanation in words: short enough for a till's display, made at the edge from codes and numbers.

use domain::decide::{Explained, Reason};

/// Longest text that a till's display shows.
pub(crate) const MAX_DETAIL_CHARACTERS: usize = 60;

/// One explanation in words.
pub(crate) fn detail(explained: &Explained) -> String {
    let text = match explained.reason {
        None => fired(explained),
        Some(Reason::NoMember) => "No member on this receipt".to_owned(),
        Some(Reason::OutsidePeriod) => match explained.next_date {
            Some(date) => format!("Next on {date}"),
            None => "Not in its period".to_owned(),
        },
        Some(Reason::OutsideHours) => match &explained.hours {
            Some(hours) => format!("From {} to {}", hours.from, hours.to),
            None => "Not at this hour".to_owned(),
        },
        Some(Reason::Store) => "Not in this store".to_owned(),
        Some(Reason::Terminal) => "Not at this till".to_owned(),
        Some(Reason::Tender) => "Not with this payment".to_owned(),
        Some(Reason::Birthday | Reason::Attributes) => "Not for this member now".to_owned(),
        Some(Reason::NotFirstPurchase) => "Only for the first purchase".to_owned(),
        Some(Reason::OtherVisit) => match explained.visits_to_go {
            Some(visits) => format!("{visits} more visits"),
            None => "For an earlier visit".to_owned(),
        },
        Some(Reason::EnrolledTooLong) => "Only for new members".to_owned(),
        Some(Reason::VisitedRecently) => match explained.next_date {
            Some(date) => format!("From {date}"),
            None => "The last visit is too recent".to_owned(),
        },
        Some(Reason::NoEarlierVisit) => "Only after an earlier visit".to_owned(),
        Some(Reason::BelowQuantity) => match explained.missing_quantity {
            Some(missing) => format!("{missing} more pieces needed"),
            None => "Too few pieces".to_owned(),
        },
        Some(Reason::NoMatchingLines) => "No goods of this offer on the receipt".to_owned(),
        Some(Reason::BelowMinimum) => match explained.missing_amount {
            Some(missing) => format!("{} more needed", missing.minor()),
            None => "Below the minimum".to_owned(),
        },
        Some(Reason::NoBasePoints) => "No points to multiply".to_owned(),
        Some(Reason::AnotherRule) => "Another offer goes first".to_owned(),
        Some(Reason::LimitReached) => "Limit reached".to_owned(),
    };
    text.chars().take(MAX_DETAIL_CHARACTERS).collect()
}

fn fired(explained: &Explained) -> String {
    let points = explained.points.map_or(0, domain::amount::Points::get);
    match (explained.times, explained.base_points, explained.amount) {
        (Some(times), Some(base), _) => format!("{times}x on {} points: +{points}", base.get()),
        (_, _, Some(amount)) => format!("{points} points on {}", amount.minor()),
        _ => format!("{points} points"),
    }
}

#[cfg(test)]
mod tests;
