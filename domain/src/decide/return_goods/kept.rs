//! What a receipt comes to: as it was recorded, and with only what is left of it.

use super::remaining::{Remaining, Values, share, share_of_points};
use crate::amount::{Amount, Overflow, Points};
use crate::catalog::{Catalog, Version};
use crate::condition::{Customer, Moment};
use crate::decide::{
    JudgedBy, PurchaseOutcome, RecordedPurchase, Redeemed, Refusal, ReturnOutcome,
};
use crate::evaluate::{Context, Evaluation, Past, evaluate, pay_again};
use crate::history::History;
use crate::limit::Limits;
use crate::member::MemberFacts;
use crate::program::Program;
use crate::rank::Held;
use crate::receipt::Receipt;
use jiff::Timestamp;
use jiff::civil::Time;
use std::collections::BTreeMap;

/// Points by wallet or by code.
pub(super) type Sums = BTreeMap<String, Points>;

/// What a receipt comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Worth {
    /// What is left to pay, tax included.
    pub(super) total: Amount,
    pub(super) spend: Amount,
    pub(super) gross_spend: Amount,
    /// By wallet.
    pub(super) granted: Sums,
    /// By wallet.
    pub(super) paid: Sums,
    /// What limits count, by code.
    pub(super) uses: Sums,
}

/// The limits of a rule, bonus or wallet that count beyond the receipt.
pub(super) fn kept_limits<'p>(program: &'p Program, code: &str) -> Option<&'p Limits> {
    let rules = program.earn_rules().iter();
    let rules = rules.map(|rule| (&rule.code, &rule.limits));
    let bonuses = program.bonuses().iter();
    let bonuses = bonuses.map(|bonus| (&bonus.code, &bonus.limits));
    let wallets = program.wallets().iter();
    let wallets = wallets.map(|wallet| (&wallet.code, &wallet.limits));
    let mut all = rules.chain(bonuses).chain(wallets);
    let found = all.find(|(known, limits)| *known == code && limits.are_kept());
    found.map(|(_, limits)| limits)
}

fn add(sums: &mut Sums, code: &str, points: Points) -> Result<(), Overflow> {
    let sum = sums.entry(code.to_owned()).or_default();
    *sum = sum.checked_add(points)?;
    Ok(())
}

impl Worth {
    /// As it was recorded.
    pub(super) fn recorded(
        program: &Program,
        money: &PurchaseOutcome,
        earned: &PurchaseOutcome,
    ) -> Result<Self, Overflow> {
        let mut worth = Self {
            total: money.amounts.total,
            ..Self::default()
        };
        if let Some(counted) = &earned.counted {
            worth.spend = counted.spend;
            worth.gross_spend = counted.gross_spend;
        }
        for part in &earned.earned {
            let points = part.points;
            add(&mut worth.granted, &part.wallet, points)?;
            let codes = [part.rule.as_str(), part.wallet.as_str()].into_iter();
            for code in codes.filter(|code| kept_limits(program, code).is_some()) {
                add(&mut worth.uses, code, points)?;
            }
        }
        for part in &earned.redeemed {
            add(&mut worth.paid, &part.wallet, part.points)?;
        }
        Ok(worth)
    }

    /// What is left by the share of its value.
    pub(super) fn prorated(&self, values: Values, paid_value: Amount) -> Result<Self, Overflow> {
        let (of, of_earned) = ((values.kept, values.bought), (values.kept, values.earned));
        let parts = |sums: &Sums, of| {
            let parts = sums.iter();
            let part = |(code, points): (&String, &Points)| {
                Ok((code.clone(), share_of_points(*points, of)?))
            };
            parts.map(part).collect::<Result<Sums, Overflow>>()
        };
        let money = |amount: Amount, of| share(amount.minor(), of).map(Amount::new);
        let whole = self.total.checked_add(paid_value)?;
        Ok(Self {
            total: money(whole, of)?.checked_sub(money(paid_value, of)?)?,
            spend: money(self.spend, of_earned)?,
            gross_spend: money(self.gross_spend, of_earned)?,
            granted: parts(&self.granted, of_earned)?,
            paid: parts(&self.paid, of)?,
            uses: parts(&self.uses, of_earned)?,
        })
    }
}

/// What is judged once more, and whose it is.
pub(super) struct Again<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) version: &'a Version,
    pub(super) bought: &'a RecordedPurchase,
    pub(super) member: Option<&'a MemberFacts>,
    pub(super) now: Timestamp,
}

impl Again<'_> {
    /// What is left, judged once more by the rules and numbers of then.
    pub(super) fn judge(&self, remaining: &Remaining<'_>) -> Result<Worth, Refusal> {
        let earned = remaining.earned;
        let nothing = JudgedBy::default();
        let judged_by = earned.judged_by.as_ref().unwrap_or(&nothing);
        let catalog = judged_by.catalog(self.catalog);
        let (history, budgets) = judged_by.known();
        let held = Held::recorded(&self.version.program, &judged_by.ranks);
        let receipt = Receipt {
            lines: remaining.kept()?,
            ..self.bought.receipt.clone()
        };
        let member = self.member.map(|member| as_it_was(member, &history));
        let customer = member.as_ref().map(|member| Customer {
            date: earned
                .counted
                .map_or(earned.business_date, |counted| counted.on),
            enrolled_on: judged_by
                .enrolled_on
                .unwrap_or_else(|| catalog.settings.business_date(member.enrolled_at)),
            history: &member.history,
            held: &held,
        });
        let context = Context {
            catalog: &catalog,
            version: self.version,
            member: member.as_ref(),
            budgets: &budgets,
            moment: Moment {
                business_date: earned.business_date,
                wall_clock: earned.business_date.to_datetime(Time::midnight()),
                cutover: Time::midnight(),
                store: &receipt.store,
                terminal: &receipt.terminal,
                tenders: &receipt.tenders,
                customer,
            },
            now: self.now,
            past: Some(Past {
                explanation: &earned.explanation,
                paid: &earned.redeemed,
                rooms: &judged_by.rooms,
            }),
            is_claim: remaining.is_claimed,
            is_quote: false,
        };
        worth(&context, &*evaluate(&context, &receipt)?)
    }

    /// What the points that paid pay of what is left, at the prices it was sold for.
    pub(super) fn pay(&self, remaining: &Remaining<'_>) -> Result<Vec<Redeemed>, Refusal> {
        let earned = remaining.earned;
        let nothing = JudgedBy::default();
        let judged_by = earned.judged_by.as_ref().unwrap_or(&nothing);
        let catalog = judged_by.catalog(self.catalog);
        let receipt = Receipt {
            lines: remaining.kept()?,
            ..self.bought.receipt.clone()
        };
        let prices = remaining.kept_values()?;
        pay_again((&catalog, self.version), &receipt, prices, &earned.redeemed)
    }
}

fn as_it_was(member: &MemberFacts, history: &History) -> MemberFacts {
    MemberFacts {
        history: history.clone(),
        wallets: BTreeMap::new(),
        ranks: crate::rank::RankFacts::default(),
        recalled: std::collections::BTreeSet::new(),
        ..*member
    }
}

fn worth(context: &Context<'_>, evaluation: &Evaluation<'_>) -> Result<Worth, Refusal> {
    let mut worth = Worth {
        total: evaluation.amounts.total,
        spend: evaluation.spend,
        gross_spend: evaluation.gross_spend,
        ..Worth::default()
    };
    let wallets = context.version.program.wallets();
    for award in &evaluation.awards {
        let wallet = wallets.get(award.wallet_place).ok_or(Overflow)?;
        add(&mut worth.granted, &wallet.code, award.points)?;
    }
    for part in &evaluation.redeemed {
        add(&mut worth.paid, &part.wallet, part.points)?;
    }
    for used in evaluation.uses(context)? {
        add(&mut worth.uses, &used.code, used.points)?;
    }
    Ok(worth)
}

impl Worth {
    /// Less what came back before.
    pub(super) fn less(&mut self, earlier: &ReturnOutcome) -> Result<(), Overflow> {
        if let Some(counted) = &earlier.counted {
            self.spend = self.spend.checked_add(counted.spend)?;
            self.gross_spend = self.gross_spend.checked_add(counted.gross_spend)?;
        }
        for back in &earlier.clawed_back {
            take(&mut self.granted, &back.wallet, back.wanted)?;
        }
        for back in &earlier.restored {
            let points = back.points.checked_add(back.expired)?;
            take(&mut self.paid, &back.wallet, points)?;
        }
        for back in &earlier.uses {
            take(
                &mut self.uses,
                &back.code,
                Points::ZERO.checked_sub(back.points)?,
            )?;
        }
        Ok(())
    }
}

fn take(sums: &mut Sums, code: &str, points: Points) -> Result<(), Overflow> {
    let sum = sums.entry(code.to_owned()).or_default();
    *sum = sum.checked_sub(points)?;
    Ok(())
}
