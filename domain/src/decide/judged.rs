//! A receipt with what it adds to the counters, judged once, or twice where it reaches a rank that
//! serves it already.

use super::Refusal;
use crate::amount::{Overflow, Points};
use crate::evaluate::{Context, Evaluation, evaluate};
use crate::ledger::DayDelta;
use crate::rank::{Climbed, RankBook};
use crate::receipt::Receipt;
use jiff::Timestamp;

/// A judged receipt.
pub(super) struct Judged<'c, 'a> {
    pub(super) context: &'c Context<'a>,
    pub(super) evaluation: Box<Evaluation<'a>>,
    occurred_at: Timestamp,
    /// What it adds to its business date.
    pub(super) day: DayDelta,
}

impl<'c, 'a> Judged<'c, 'a> {
    /// Judges the receipt by this context.
    pub(super) fn of(context: &'c Context<'a>, receipt: &'a Receipt) -> Result<Self, Refusal> {
        let evaluation = evaluate(context, receipt)?;
        let settings = &context.catalog.settings;
        let customer = context.moment.customer;
        let date = || settings.business_date(receipt.occurred_at);
        let day = DayDelta {
            business_date: customer.map_or_else(date, |customer| customer.date),
            spend: evaluation.spend,
            gross_spend: evaluation.gross_spend,
            visits: 1,
            points_earned: points_earned(&evaluation)?,
        };
        Ok(Self {
            context,
            evaluation,
            occurred_at: receipt.occurred_at,
            day,
        })
    }

    /// The ladders that the receipt climbs at once.
    pub(super) fn climbs(&self, book: Option<&RankBook<'_>>) -> Result<Climbed<'a>, Refusal> {
        match book {
            Some(book) => book.climbs(self.context.version, self.occurred_at, &self.day),
            None => Ok(Climbed::new()),
        }
    }

    /// The receipt as the ranks judge it that it reaches, if it reaches them with what they bring as
    /// well; else as it is, and they serve the next one.
    pub(super) fn or_lifted(
        self,
        lifted: Self,
        book: Option<&RankBook<'_>>,
        climbed: Climbed<'a>,
    ) -> Result<(Self, Climbed<'a>), Refusal> {
        let again = lifted.climbs(book)?;
        let mut serving = climbed.iter().filter(|(ladder, _)| ladder.at_once);
        let holds = serving.all(|(ladder, place)| {
            let mut again = again.iter();
            again.any(|(other, reached)| other.code == ladder.code && reached >= place)
        });
        Ok(if holds {
            (lifted, again)
        } else {
            (self, climbed)
        })
    }
}

fn points_earned(evaluation: &Evaluation<'_>) -> Result<Points, Overflow> {
    let mut awards = evaluation.awards.iter();
    awards.try_fold(Points::ZERO, |sum, award| sum.checked_add(award.points))
}
