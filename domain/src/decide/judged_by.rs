//! What a receipt was judged by beside its program: kept with it, so that a return can judge what is
//! left by the same numbers.

use super::Refusal;
use crate::amount::{Amount, Decimal4, Points};
use crate::catalog::Catalog;
use crate::code::Code;
use crate::evaluate::{Context, Evaluation};
use crate::history::{Budgets, Counters, History, HistoryNotLoaded, Uses};
use crate::needs::Needs;
use crate::rank::{Held, Ladder, Step};
use crate::rounding::Rounding;
use crate::settings::{PointsPaidAs, Settings};
use crate::window::DateRange;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use utoipa::ToSchema;

/// What a receipt was judged by beside its program and its own circumstances.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct JudgedBy {
    /// Codes of the member's ranks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ranks: Vec<HeldRank>,
    /// What the business days of ranges added up to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counters: Vec<KnownCounters>,
    /// What codes with limits had granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<KnownUses>,
    /// What wallets with a maximum could still take.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Room>,
    /// The business date of the enrolment, from which windows of members count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enrolled_on: Option<Date>,
    /// How prices were taxed, unless as the service does by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<TaxTerms>,
}

/// A rank that a member held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeldRank {
    /// Code of the ladder.
    #[schema(value_type = String)]
    pub ladder: Code,
    /// Code of the step.
    #[schema(value_type = String)]
    pub code: Code,
}

/// Counters of a range of business dates, as they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KnownCounters {
    /// The first date; none = since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last date.
    pub to: Date,
    /// After discounts.
    pub spend: Amount,
    /// Before them.
    pub gross_spend: Amount,
    /// Receipts.
    pub visits: i64,
    /// Earned points.
    pub points: Points,
}

/// What a code with limits had granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KnownUses {
    /// The code.
    pub code: String,
    /// The first date of a range of the member's; none = since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The last date; none = all members together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Date>,
    /// The points.
    pub points: Points,
    /// Awards above zero.
    pub times: i64,
}

/// What a wallet with a maximum could still take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Room {
    /// Code of the wallet.
    #[schema(value_type = String)]
    pub wallet: Code,
    /// So many points.
    pub points: Points,
}

/// How prices are taxed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TaxTerms {
    /// Whether prices contain it.
    pub included: bool,
    /// The rate of lines that name none.
    pub default_percent: Decimal4,
    /// How it is rounded.
    pub rounding: Rounding,
    /// What points that pay do to it.
    pub points_paid_as: PointsPaidAs,
}

/// As the service does by default, which is not kept.
impl Default for TaxTerms {
    fn default() -> Self {
        Self {
            included: true,
            default_percent: Decimal4::ZERO,
            rounding: Rounding::Floor,
            points_paid_as: PointsPaidAs::Tender,
        }
    }
}

impl TaxTerms {
    pub(super) fn of(settings: &Settings) -> Self {
        Self {
            included: settings.prices_include_tax,
            default_percent: settings.default_tax_percent,
            rounding: settings.tax_rounding,
            points_paid_as: settings.points_paid_as,
        }
    }

    /// The settings as they were under these terms.
    pub(super) fn within(self, settings: &Settings) -> Settings {
        Settings {
            prices_include_tax: self.included,
            default_tax_percent: self.default_percent,
            tax_rounding: self.rounding,
            points_paid_as: self.points_paid_as,
            ..settings.clone()
        }
    }
}

impl JudgedBy {
    /// What a receipt was judged by; none when there is nothing to keep.
    pub(super) fn of(
        context: &Context<'_>,
        evaluation: &Evaluation<'_>,
    ) -> Result<Option<Self>, Refusal> {
        let settings = &context.catalog.settings;
        let tax = TaxTerms::of(settings);
        let mut kept = Self {
            tax: (tax != TaxTerms::default()).then_some(tax),
            ..Self::default()
        };
        if let Some(customer) = &context.moment.customer {
            let program = &context.version.program;
            if program.looks_back() {
                let mut needs = Needs::default();
                program.need(&context.moment, &mut needs);
                kept.note(&needs, customer.history, context.budgets)?;
                kept.enrolled_on = Some(customer.enrolled_on);
                kept.ranks = ranks(customer.held);
            }
            kept.rooms = evaluation.rooms(context)?;
        }
        Ok((kept != Self::default()).then_some(kept))
    }

    fn note(
        &mut self,
        needs: &Needs,
        history: &History,
        budgets: &Budgets,
    ) -> Result<(), HistoryNotLoaded> {
        for range in &needs.counters {
            let found = history.counters(Some(*range))?;
            self.counters.push(KnownCounters {
                from: range.from,
                to: range.to,
                spend: found.spend,
                gross_spend: found.gross_spend,
                visits: found.visits,
                points: found.points_earned,
            });
        }
        for (code, range) in &needs.uses {
            let uses = history.uses(code, *range)?;
            self.uses
                .push(KnownUses::of(code, (range.from, Some(range.to)), uses));
        }
        for code in &needs.budgets {
            let uses = budgets.used(code)?;
            self.uses.push(KnownUses::of(code, (None, None), uses));
        }
        Ok(())
    }

    /// The catalog with the tax as it was.
    pub(super) fn catalog<'c>(&self, catalog: &'c Catalog) -> Cow<'c, Catalog> {
        let tax = self.tax.unwrap_or_default();
        if tax == TaxTerms::of(&catalog.settings) {
            return Cow::Borrowed(catalog);
        }
        Cow::Owned(Catalog {
            settings: tax.within(&catalog.settings),
            ..catalog.clone()
        })
    }

    /// The member's history and the budgets as they were.
    pub(super) fn known(&self) -> (History, Budgets) {
        let mut history = History::default();
        let mut budgets = Budgets::default();
        for known in &self.counters {
            let range = DateRange {
                from: known.from,
                to: known.to,
            };
            let counters = Counters {
                spend: known.spend,
                gross_spend: known.gross_spend,
                visits: known.visits,
                points_earned: known.points,
                last_visit: None,
            };
            history.counters.insert(range, counters);
        }
        for known in &self.uses {
            let uses = Uses {
                points: known.points,
                times: known.times,
            };
            match known.to {
                Some(to) => {
                    let from = known.from;
                    let range = DateRange { from, to };
                    history.uses.insert((known.code.clone(), range), uses);
                }
                None => {
                    budgets.used.insert(known.code.clone(), uses);
                }
            }
        }
        (history, budgets)
    }
}

impl KnownUses {
    fn of(code: &str, (from, to): (Option<Date>, Option<Date>), uses: Uses) -> Self {
        Self {
            code: code.to_owned(),
            from,
            to,
            points: uses.points,
            times: uses.times,
        }
    }
}

fn ranks(held: &Held<'_>) -> Vec<HeldRank> {
    let steps = held.steps();
    let rank = |(ladder, step): (&Ladder, Option<&Step>)| {
        Some(HeldRank {
            ladder: Code::from(&ladder.code),
            code: Code::from(&step?.code),
        })
    };
    steps.filter_map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::TaxTerms;
    use crate::settings::Settings;

    #[test]
    fn what_is_not_kept_is_what_a_tenant_has_that_says_nothing() {
        assert_eq!(TaxTerms::default(), TaxTerms::of(&Settings::default()));
    }
}
