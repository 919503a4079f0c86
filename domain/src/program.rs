//! A tenant's program document, validated once: what stands here can be evaluated without another
//! look at whether it makes sense.

use crate::activation::Activation;
use crate::amount::Points;
use crate::bonus::Bonus;
use crate::code::Code;
use crate::condition::Moment;
use crate::discount::Discount;
use crate::earn::EarnRule;
use crate::earning::{Earning, Manner};
use crate::expiry::Expiry;
use crate::fault::{Fault, FaultCode};
use crate::limit::Limits;
use crate::member_price::{MEMBER_PRICE_RULE, MemberPrices};
use crate::needs::Needs;
use crate::rank::{self, Ladder, MAX_LADDERS};
use crate::redeem::RedemptionTerms;
use crate::returns::Returns;
use crate::rounding::Rounding;
use crate::shortage::Shortage;
use reader::{Object, Reader};
use serde_json::Value;
use std::collections::BTreeSet;

mod discounts;
mod place;
pub(crate) mod reader;
#[cfg(test)]
mod tests;
mod wallet;

/// The most rules of all kinds that a program may have.
pub const MAX_RULES: usize = 1_000;
/// The most wallets that a program may have.
pub const MAX_WALLETS: usize = 50;

/// A kind of points that members hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// Unique in the document.
    pub code: String,
    /// The same as answers tell it.
    pub(crate) told: Code,
    /// For people.
    pub name: String,
    /// When its points expire.
    pub(crate) expiry: Expiry,
    /// When its points become spendable.
    pub(crate) activation: Activation,
    /// How its points pay.
    pub(crate) redemption: RedemptionTerms,
    /// What becomes of points that are taken back and are not there any more.
    pub(crate) on_shortage: Shortage,
    /// The most points that it may hold; what would go beyond is not granted.
    pub(crate) max_balance: Option<Points>,
    /// On everything that is earned into it.
    pub(crate) limits: Limits,
}

/// What a rule says about its own points instead of the wallet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Overrides {
    /// When they end.
    pub(crate) expiry: Option<Expiry>,
    /// When they become spendable.
    pub(crate) activation: Option<Activation>,
}

impl Overrides {
    /// Whether the wallet's own words hold.
    pub(crate) const fn are_empty(&self) -> bool {
        self.expiry.is_none() && self.activation.is_none()
    }
}

/// A program document that can be evaluated.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program {
    wallets: Vec<Wallet>,
    earning: Earning,
    earn_rules: Vec<EarnRule>,
    bonuses: Vec<Bonus>,
    ladders: Vec<Ladder>,
    /// In the order in which they apply.
    discounts: Vec<Discount>,
    member_prices: MemberPrices,
    returns: Returns,
    /// Whether some points live on when a member comes back: asked for every receipt.
    slides: bool,
    rounds_as_one: Option<Rounding>,
}

impl Program {
    /// Reads a draft: either the program and its warnings, or every problem at once. `stores` are
    /// the codes that conditions may name.
    pub fn parse(
        document: &Value,
        stores: &BTreeSet<String>,
    ) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        read(document, Reader::new(Some(stores)))
    }

    /// Reads a version that was published: the same rules, but a store that is gone since is no
    /// problem.
    pub fn load(document: &Value) -> Result<Self, Vec<Fault>> {
        read(document, Reader::new(None)).map(|(program, _)| program)
    }

    /// The wallets in document order.
    #[must_use]
    pub fn wallets(&self) -> &[Wallet] {
        &self.wallets
    }

    /// The wallet with this code.
    #[must_use]
    pub fn wallet(&self, code: &str) -> Option<&Wallet> {
        self.wallets.iter().find(|wallet| wallet.code == code)
    }

    /// What holds for all earn rules.
    pub(crate) fn earning(&self) -> &Earning {
        &self.earning
    }

    /// Whether some rule looks at money without its tax.
    pub(crate) fn looks_at_net(&self) -> bool {
        let is_net = |manner: Manner| !manner.basis.with_tax;
        is_net(self.earning.manner) || self.earn_rules.iter().any(|rule| is_net(rule.manner))
    }

    /// The ladders of ranks, in document order.
    #[must_use]
    pub fn ladders(&self) -> &[Ladder] {
        &self.ladders
    }

    /// Whether thresholds, caps, minimum amounts and counters hold the tax.
    pub(crate) fn counts_tax(&self) -> bool {
        self.earning.manner.basis.with_tax
    }

    /// What it takes off a receipt, in the order in which that applies.
    pub(crate) fn discounts(&self) -> &[Discount] {
        &self.discounts
    }

    /// What members pay for single articles.
    pub(crate) fn member_prices(&self) -> &MemberPrices {
        &self.member_prices
    }

    /// What happens when goods come back.
    pub(crate) fn returns(&self) -> Returns {
        self.returns
    }

    /// Whether some rule looks at what was recorded before the receipt.
    pub(crate) fn looks_back(&self) -> bool {
        !self.ladders.is_empty()
            || self.earn_rules.iter().any(EarnRule::looks_back)
            || self.bonuses.iter().any(Bonus::looks_back)
            || self.discounts.iter().any(Discount::looks_back)
            || self.wallets.iter().any(|wallet| wallet.limits.are_kept())
    }

    /// Adds what its rules will look at.
    pub(crate) fn need(&self, moment: &Moment<'_>, needs: &mut Needs) {
        let Some(customer) = &moment.customer else {
            return;
        };
        for wallet in &self.wallets {
            wallet.limits.need(&wallet.code, customer, needs);
        }
        for rule in &self.earn_rules {
            rule.when.need(moment, needs);
            rule.need(customer, needs);
        }
        for bonus in &self.bonuses {
            bonus.when.need(moment, needs);
            bonus.limits.need(&bonus.code, customer, needs);
        }
        for discount in &self.discounts {
            discount.need(moment, customer, needs);
        }
    }

    /// The rules that produce base points, in document order.
    pub(crate) fn earn_rules(&self) -> &[EarnRule] {
        &self.earn_rules
    }

    /// What the rule or bonus with this code says about its own points.
    pub(crate) fn overrides(&self, code: &str) -> Option<&Overrides> {
        let mut rules = self.earn_rules.iter();
        let rule = rules.find(|rule| rule.code == code);
        let mut bonuses = self.bonuses.iter();
        rule.map(|rule| &rule.overrides).or_else(|| {
            let bonus = bonuses.find(|bonus| bonus.code == code)?;
            Some(&bonus.overrides)
        })
    }

    /// Rules and bonuses whose own points slide: wallet, code and expiry.
    pub(crate) fn sliding(&self) -> impl Iterator<Item = (&str, &str, Expiry)> {
        let rules = self.earn_rules.iter();
        let rules = rules.map(|rule| (&rule.wallet, &rule.code, &rule.overrides));
        let bonuses = self.bonuses.iter();
        let bonuses = bonuses.map(|bonus| (&bonus.wallet, &bonus.code, &bonus.overrides));
        rules
            .chain(bonuses)
            .filter_map(|(wallet, code, overrides)| {
                let expiry = overrides.expiry.filter(|expiry| expiry.slides())?;
                Some((wallet.as_str(), code.as_str(), expiry))
            })
    }

    /// Whether some points live on when a member comes back.
    pub(crate) fn slides(&self) -> bool {
        self.slides
    }

    /// The rounding of all earn rules, where each is rounded as a whole and all in the same way.
    pub(crate) const fn rounds_as_one(&self) -> Option<Rounding> {
        self.rounds_as_one
    }

    /// What adds to base points, in document order.
    pub(crate) fn bonuses(&self) -> &[Bonus] {
        &self.bonuses
    }
}

fn read(document: &Value, mut reader: Reader<'_>) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    let mut root = reader.object(document, String::new());
    let mut program = Program::default();
    let prices = root.get("member_prices").and_then(Value::as_array);
    if prices.is_some_and(|prices| !prices.is_empty()) {
        reader.reserve(MEMBER_PRICE_RULE);
    }
    for (pointer, value) in reader
        .list(&mut root, "wallets", MAX_WALLETS)
        .unwrap_or_default()
    {
        let wallet = wallet::read(&mut reader, value, pointer);
        program.wallets.push(wallet);
    }
    if let Some(mut earning) = reader.child(&mut root, "earning") {
        program.earning = Earning::read(&mut reader, &mut earning);
        reader.close(&earning);
    }
    for (pointer, value) in reader
        .list(&mut root, "ranks", MAX_LADDERS)
        .unwrap_or_default()
    {
        let ladder = rank::read_ladder(&mut reader, value, pointer);
        program.ladders.push(ladder);
    }
    let manner = program.earning.manner;
    for (pointer, value) in reader
        .list(&mut root, "earn_rules", MAX_RULES)
        .unwrap_or_default()
    {
        let mut object = reader.object(value, pointer);
        if let Some(rule) = EarnRule::read(&mut reader, &mut object, manner) {
            check_wallet(&mut reader, &program, &rule.wallet, &object);
            program.earn_rules.push(rule);
        }
        reader.close(&object);
    }
    let left = MAX_RULES.saturating_sub(program.earn_rules.len());
    for (pointer, value) in reader.list(&mut root, "bonuses", left).unwrap_or_default() {
        let mut object = reader.object(value, pointer);
        let combine = program.earning.bonus_combine;
        let bonus = Bonus::read(&mut reader, &mut object, combine);
        check_wallet(&mut reader, &program, &bonus.wallet, &object);
        check_base(&mut reader, &program, &bonus, &object);
        program.bonuses.push(bonus);
        reader.close(&object);
    }
    let left = left.saturating_sub(program.bonuses.len());
    program.discounts = discounts::read(&mut reader, &mut root, &program.ladders, left);
    program.member_prices = MemberPrices::read(&mut reader, &mut root);
    reader.refuse_entries(&mut root, &BEYOND);
    if let Some(mut returns) = reader.child(&mut root, "returns") {
        program.returns = Returns::read(&mut reader, &mut returns);
        reader.close(&returns);
    }
    reader.close(&root);
    program.place();
    let mut wallets = program.wallets.iter();
    program.slides =
        wallets.any(|wallet| wallet.expiry.slides()) || program.sliding().next().is_some();
    reader.finish(program)
}

/// When points end, if the object says so.
fn read_expiry(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Option<Expiry> {
    let mut expiry = reader.child(object, "expiry")?;
    let read = Expiry::read(reader, &mut expiry);
    reader.close(&expiry);
    Some(read)
}

/// When points become spendable, if the object says so.
fn read_activation(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Option<Activation> {
    let mut activation = reader.child(object, "activation")?;
    let read = Activation::read(reader, &mut activation);
    reader.close(&activation);
    Some(read)
}

/// Parts of a document that are known and can't be done.
const BEYOND: [&str; 5] = [
    "rewards",
    "donations",
    "store_groups",
    "grants",
    "scheduled_grants",
];

/// What a rule may say about its own points.
pub(crate) fn read_grant_overrides(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Overrides {
    Overrides {
        expiry: read_expiry(reader, object),
        activation: read_activation(reader, object),
    }
}

/// The rules that a bonus names must stand in the document and give points to its wallet.
fn check_base(reader: &mut Reader<'_>, program: &Program, bonus: &Bonus, object: &Object<'_>) {
    let of_wallet = |rule: &&EarnRule| rule.wallet == bonus.wallet;
    let rules = program.earn_rules.iter().filter(of_wallet);
    let codes: BTreeSet<&str> = match &bonus.rules {
        Some(_) => rules.map(|rule| rule.code.as_str()).collect(),
        None => BTreeSet::new(),
    };
    for (index, code) in bonus.rules.iter().flatten().enumerate() {
        if !code.is_empty() && !codes.contains(code.as_str()) {
            let detail = "no earn rule with this code gives points to the bonus's wallet";
            let pointer = format!("{}/{index}", object.at("rules"));
            reader.fault(pointer, FaultCode::UnknownReference, detail);
        }
    }
    let needs_base = bonus.needs_base_points || bonus.times().is_some();
    if needs_base && !program.earn_rules.iter().any(|rule| of_wallet(&rule)) {
        let detail = "no earn rule gives base points to this wallet, so it can never fire";
        reader.warn(object.at("wallet"), detail);
    }
}

fn check_wallet(reader: &mut Reader<'_>, program: &Program, code: &str, object: &Object<'_>) {
    if !code.is_empty() && program.wallet(code).is_none() {
        let detail = "the document has no wallet with this code; add it under /wallets";
        reader.fault(object.at("wallet"), FaultCode::UnknownReference, detail);
    }
}

/// Reads the code of the wallet that a rule works on.
pub(crate) fn read_wallet_code(reader: &mut Reader<'_>, object: &mut Object<'_>) -> String {
    reader.require(object, "wallet");
    let pointer = object.at("wallet");
    object
        .get("wallet")
        .map_or_else(String::new, |value| reader.text_at(value, pointer))
}
