//! Counters of business dates: the latest of a member stands in its ledger, the earlier ones have rows of their own.

use std::collections::BTreeMap;

use domain::amount::Overflow;
use domain::id::MemberId;
use domain::ledger::DayDelta;
use jiff::civil::Date;

/// What the batch adds to earlier business dates.
#[derive(Debug, Default)]
pub(super) struct EarlierDays(BTreeMap<(MemberId, Date), DayDelta>);

impl EarlierDays {
    /// Count `day` for a member whose latest date is `latest`; when it is later still, it takes that place.
    pub(super) fn count(
        &mut self,
        member: MemberId,
        latest: &mut Option<DayDelta>,
        day: DayDelta,
    ) -> Result<(), Overflow> {
        match latest {
            None => *latest = Some(day),
            Some(open) if open.business_date == day.business_date => {
                *open = open.checked_add(day)?;
            }
            Some(open) if open.business_date < day.business_date => {
                let over = std::mem::replace(open, day);
                self.add(member, over)?;
            }
            Some(_) => self.add(member, day)?,
        }
        Ok(())
    }

    fn add(&mut self, member: MemberId, day: DayDelta) -> Result<(), Overflow> {
        let key = (member, day.business_date);
        let sum = match self.0.get(&key) {
            Some(known) => known.checked_add(day)?,
            None => day,
        };
        self.0.insert(key, sum);
        Ok(())
    }

    /// By member and date.
    pub(super) fn into_rows(self) -> impl ExactSizeIterator<Item = (MemberId, DayDelta)> {
        let Self(days) = self;
        days.into_iter().map(|((member, _), day)| (member, day))
    }
}

#[cfg(test)]
mod tests {
    use domain::amount::{Amount, Points};
    use domain::id::MemberId;
    use domain::ledger::DayDelta;
    use jiff::civil::date;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    use super::EarlierDays;

    fn day(day: i8, spend: i64) -> DayDelta {
        DayDelta {
            business_date: date(2026, 11, day),
            spend: Amount::new(spend),
            gross_spend: Amount::new(2 * spend),
            visits: 1,
            points_earned: Points::new(3 * spend),
        }
    }

    proptest! {
        #[test]
        fn every_day_gets_its_sum_and_the_latest_stands_apart(days in prop::collection::vec((1i8..6, -9i64..9), 0..12), before in 0i8..6) {
            let member = MemberId::from_uuid(Uuid::nil());
            let mut latest = (before > 0).then(|| day(before, 100));
            let mut expected = BTreeMap::new();
            let mut count = |day: DayDelta| {
                let sum = expected.get(&day.business_date).map_or(day, |sum: &DayDelta| sum.checked_add(day).unwrap());
                expected.insert(day.business_date, sum);
            };
            latest.into_iter().for_each(&mut count);
            let mut earlier = EarlierDays::default();
            for (date, spend) in days {
                count(day(date, spend));
                earlier.count(member, &mut latest, day(date, spend)).unwrap();
            }
            let found: Vec<DayDelta> = earlier.into_rows().map(|(_, day)| day).chain(latest).collect();
            prop_assert_eq!(found, expected.into_values().collect::<Vec<_>>());
        }
    }
}
