//! What is looked up once when a document is read, so that no receipt has to.

use super::Program;
use crate::earn::EarnRule;
use crate::earning::Granularity;
use crate::places::Places;
use crate::rank;
use crate::rounding::Rounding;
use std::collections::BTreeSet;

impl Program {
    /// Lets rules and bonuses know their places, and ranks multiply the points of every wallet that
    /// has earn rules.
    pub(super) fn place(&mut self) {
        let wallets = &self.wallets;
        let place_of = |code: &str| wallets.iter().position(|wallet| wallet.code == code);
        for (place, rule) in self.earn_rules.iter_mut().enumerate() {
            rule.place = place;
            rule.wallet_place = place_of(&rule.wallet).unwrap_or(0);
        }
        let rules = &self.earn_rules;
        let rules_of = |wallet: &str, named: Option<&BTreeSet<&String>>| {
            let is_named = |code: &String| named.is_none_or(|named| named.contains(code));
            let is_of = |rule: &EarnRule| rule.wallet == wallet && is_named(&rule.code);
            Places::of(rules.iter().map(is_of))
        };
        for bonus in &mut self.bonuses {
            bonus.wallet_place = place_of(&bonus.wallet).unwrap_or(0);
            let named = bonus.rules.as_ref().map(|codes| codes.iter().collect());
            bonus.works_on = rules_of(&bonus.wallet, named.as_ref());
        }
        let wallets = wallets.iter().enumerate();
        let wallets = wallets.map(|(place, wallet)| {
            let code = wallet.code.as_str();
            (place, code, rules_of(code, None))
        });
        let wallets: Vec<_> = wallets.filter(|(.., rules)| !rules.is_empty()).collect();
        rank::equip(&mut self.ladders, &wallets, self.earning.bonus_combine);
        self.rounds_as_one = rounds_as_one(&self.earn_rules);
    }
}

/// The rounding of these rules, where each is rounded as a whole and all in the same way.
fn rounds_as_one(rules: &[EarnRule]) -> Option<Rounding> {
    let first = rules.first()?.manner.rounding;
    let is_like =
        |rule: &EarnRule| rule.granularity() == Granularity::Rule && rule.manner.rounding == first;
    rules.iter().all(is_like).then_some(first)
}
