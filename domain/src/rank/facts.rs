//! What is stored of a member's ranks, and what a decision changes of it.

use super::{Ladder, Metric, Place};
use crate::history::HistoryNotLoaded;
use crate::id::{MemberId, PurchaseId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Why a rank changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// A receipt reached a higher step.
    Receipt,
    /// A business day began on which members climb or fall.
    Review,
    /// Somebody set it.
    Manual,
    /// The last day of a rank that somebody set is over.
    ManualEnded,
    /// Somebody took a rank back that was set.
    ManualTakenBack,
    /// Goods came back with which the step was reached.
    Return,
}

impl Cause {
    /// Its name in JSON and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Review => "review",
            Self::Manual => "manual",
            Self::ManualEnded => "manual_ended",
            Self::ManualTakenBack => "manual_taken_back",
            Self::Return => "return",
        }
    }
}

/// A number that decided a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Number {
    /// What was counted.
    pub metric: Metric,
    /// What the step asks for.
    pub threshold: i64,
    /// What there was.
    pub value: i64,
    /// The first business date that counted; null = since ever.
    pub from: Option<Date>,
    /// The last one; null = none counted.
    pub to: Option<Date>,
}

/// A rank that somebody set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manual {
    /// Code of the step.
    pub code: String,
    /// Its last business date; none = until it is set anew.
    pub until: Option<Date>,
}

/// Where a member stands on one ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LadderState {
    /// Code of the step that spending made; none = below the lowest.
    pub earned: Option<String>,
    /// The business date on which it began; none = it was always so.
    pub earned_on: Option<Date>,
    /// A rank that somebody set goes before it.
    pub manual: Option<Manual>,
    /// From when on the present rank counts; none = it was always so.
    pub since: Option<Timestamp>,
    /// How often the rank was changed or set.
    pub changes: i32,
    /// The last business date whose review is done, as far as the member's own row knows.
    pub reviewed_on: Option<Date>,
    /// Whether reviews after `reviewed_on` must be done again, because a receipt of the past came in.
    pub is_late: bool,
}

/// A change of a rank, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankChange {
    /// Code of the ladder.
    pub ladder: String,
    /// Counts up from 1 within the member's ladder.
    pub number: i32,
    /// Code of the step after it; none = below the lowest.
    pub code: Option<String>,
    /// Code of the step before it.
    pub previous: Option<String>,
    /// From when on it counts.
    pub effective_at: Timestamp,
    /// From when on the rank before it counted; none = always.
    pub follows: Option<Timestamp>,
    /// Why.
    pub cause: Cause,
    /// The receipt that made it.
    pub purchase: Option<PurchaseId>,
    /// The last date of a rank that somebody set.
    pub until: Option<Date>,
    /// What somebody said who set it.
    pub reason: Option<String>,
    /// What decided it.
    pub numbers: Vec<Number>,
    /// The program that decided it.
    pub program_version: i32,
    /// The member's version when it was made; that of the receipt, if one made it.
    pub version: i64,
}

/// A change that was stored before, as far as receipts of the past need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastRank {
    /// Code of the ladder.
    pub ladder: String,
    /// From when on it counts.
    pub effective_at: Timestamp,
    /// Code of the step after it.
    pub code: Option<String>,
}

/// What is known of a member's ranks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RankFacts {
    /// By ladder; without an entry a member stands where everybody begins.
    pub ladders: BTreeMap<String, LadderState>,
    /// The last business date whose reviews are done for every member; none when none were.
    pub reviewed_on: Option<Date>,
    /// The business date whose reviews are under way: what is recorded for days before it may come
    /// too late for them.
    pub began_on: Option<Date>,
    /// Changes of before in their order, when `Command::needs` names them.
    pub past: Option<Vec<PastRank>>,
    /// Changes that this batch made, in their order.
    pub made: Vec<RankChange>,
}

/// What a decision changes of a member's ranks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RankUpdate {
    /// Whose.
    pub member: MemberId,
    /// The ladders that changed, as they are after it.
    pub ladders: BTreeMap<String, LadderState>,
    /// The changes in their order.
    pub changes: Vec<RankChange>,
}

impl RankChange {
    /// Whether a member sees it: another rank counts from then on, or somebody said so. Else spending
    /// made another step beneath a rank that somebody set.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        let by_hand = matches!(self.cause, Cause::Manual | Cause::ManualTakenBack);
        by_hand || self.code != self.previous
    }

    /// A change of which nothing is known yet.
    pub(crate) fn of(ladder: &Ladder, previous: Option<String>) -> Self {
        Self {
            ladder: ladder.code.clone(),
            number: 0,
            code: None,
            previous,
            effective_at: Timestamp::UNIX_EPOCH,
            follows: None,
            cause: Cause::Review,
            purchase: None,
            until: None,
            reason: None,
            numbers: Vec::new(),
            program_version: 0,
            version: 0,
        }
    }
}

impl LadderState {
    /// Where everybody begins.
    pub(super) fn first(ladder: &Ladder) -> Self {
        Self {
            earned: ladder.code_at(ladder.base).map(str::to_owned),
            earned_on: None,
            manual: None,
            since: None,
            changes: 0,
            reviewed_on: None,
            is_late: false,
        }
    }

    /// The code of the rank that counts.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        let manual = self.manual.as_ref().map(|manual| manual.code.as_str());
        manual.or(self.earned.as_deref())
    }

    /// The place that spending made.
    pub(super) fn earned_place(&self, ladder: &Ladder) -> Place {
        ladder.place(self.earned.as_deref())
    }

    /// The place that counts.
    pub(super) fn place(&self, ladder: &Ladder) -> Place {
        ladder.place(self.code())
    }
}

impl RankFacts {
    /// The last date for which somebody may have been reviewed.
    pub(super) fn horizon(&self) -> Option<Date> {
        self.reviewed_on.max(self.began_on)
    }

    /// The last date whose review is done for this ladder.
    pub(super) fn reviewed_on(&self, ladder: &str) -> Option<Date> {
        match self.ladders.get(ladder) {
            Some(state) if state.is_late => state.reviewed_on,
            Some(state) => state.reviewed_on.max(self.reviewed_on),
            None => self.reviewed_on,
        }
    }

    /// Whether the rank at `at` lies before what the states know, so that earlier changes are needed.
    pub(crate) fn needs_past(&self, at: Timestamp) -> bool {
        let mut states = self.ladders.values();
        states.any(|state| state.since.is_some_and(|since| since > at))
    }

    /// The place that counted at `at`. `state` is how the ladder stands now, with the `changes` of
    /// this decision; none where nothing changed yet.
    pub(super) fn place_at(
        &self,
        ladder: &Ladder,
        state: Option<&LadderState>,
        changes: &[RankChange],
        at: Timestamp,
    ) -> Result<Place, HistoryNotLoaded> {
        let Some(state) = state else {
            return Ok(ladder.base);
        };
        if state.since.is_none_or(|since| since <= at) {
            return Ok(state.place(ladder));
        }
        let made = self.made.iter().chain(changes);
        let made = made.filter(|change| change.ladder == ladder.code);
        let mut first = None;
        for change in made.rev() {
            if change.effective_at <= at {
                return Ok(ladder.place(change.code.as_deref()));
            }
            first = Some(change);
        }
        if let Some(first) = first {
            match first.follows {
                None => return Ok(ladder.base),
                Some(follows) if follows <= at => {
                    return Ok(ladder.place(first.previous.as_deref()));
                }
                Some(_) => {}
            }
        }
        let past = self.past.as_ref().ok_or(HistoryNotLoaded)?.iter().rev();
        let mut past = past.filter(|past| past.ladder == ladder.code && past.effective_at <= at);
        Ok(past
            .next()
            .map_or(ladder.base, |past| ladder.place(past.code.as_deref())))
    }

    /// Changes what is known as a decision changes the store.
    pub(crate) fn apply(&mut self, update: &RankUpdate) {
        for (code, state) in &update.ladders {
            self.ladders.insert(code.clone(), state.clone());
        }
        self.made.extend(update.changes.iter().cloned());
    }
}
