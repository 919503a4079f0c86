//! A tenant's program document, validated once: what stands here can be evaluated without another
//! look at whether it makes sense.

use crate::bonus::Bonus;
use crate::earn::EarnRule;
use crate::expiry::Expiry;
use crate::fault::{Fault, FaultCode};
use crate::redeem::RedemptionTerms;
use reader::{Object, Reader};
use serde_json::Value;
use std::collections::BTreeSet;

pub(crate) mod reader;
#[cfg(test)]
mod tests;

/// The most rules of all kinds that a program may have.
pub const MAX_RULES: usize = 1_000;
/// The most wallets that a program may have.
pub const MAX_WALLETS: usize = 50;

/// A kind of points that members hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// Unique in the document.
    pub code: String,
    /// For people.
    pub name: String,
    /// When its points expire.
    pub(crate) expiry: Expiry,
    /// How its points pay.
    pub(crate) redemption: RedemptionTerms,
}

/// A program document that can be evaluated.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Program {
    wallets: Vec<Wallet>,
    earn_rules: Vec<EarnRule>,
    bonuses: Vec<Bonus>,
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

    /// The rules that produce base points, in document order.
    pub(crate) fn earn_rules(&self) -> &[EarnRule] {
        &self.earn_rules
    }

    /// What adds to base points, in document order.
    pub(crate) fn bonuses(&self) -> &[Bonus] {
        &self.bonuses
    }
}

fn read(document: &Value, mut reader: Reader<'_>) -> Result<(Program, Vec<Fault>), Vec<Fault>> {
    let mut root = reader.object(document, String::new());
    let mut program = Program::default();
    for (pointer, value) in reader
        .list(&mut root, "wallets", MAX_WALLETS)
        .unwrap_or_default()
    {
        let wallet = read_wallet(&mut reader, value, pointer);
        program.wallets.push(wallet);
    }
    if let Some(mut earning) = reader.child(&mut root, "earning") {
        read_earning(&mut reader, &mut earning);
        reader.close(&earning);
    }
    for (pointer, value) in reader
        .list(&mut root, "earn_rules", MAX_RULES)
        .unwrap_or_default()
    {
        let mut object = reader.object(value, pointer);
        if let Some(rule) = EarnRule::read(&mut reader, &mut object) {
            check_wallet(&mut reader, &program, &rule.wallet, &object);
            program.earn_rules.push(rule);
        }
        reader.close(&object);
    }
    let left = MAX_RULES.saturating_sub(program.earn_rules.len());
    for (pointer, value) in reader.list(&mut root, "bonuses", left).unwrap_or_default() {
        let mut object = reader.object(value, pointer);
        let bonus = Bonus::read(&mut reader, &mut object);
        check_wallet(&mut reader, &program, &bonus.wallet, &object);
        if !program
            .earn_rules
            .iter()
            .any(|rule| rule.wallet == bonus.wallet)
        {
            let detail = "no earn rule gives base points to this wallet, so it can never fire";
            reader.warn(object.at("wallet"), detail);
        }
        program.bonuses.push(bonus);
        reader.close(&object);
    }
    let later = [
        "discounts",
        "ranks",
        "member_prices",
        "rewards",
        "donations",
    ];
    reader.refuse_entries(&mut root, &later);
    if let Some(mut returns) = reader.child(&mut root, "returns") {
        read_returns(&mut reader, &mut returns);
        reader.close(&returns);
    }
    reader.close(&root);
    reader.finish(program)
}

fn read_wallet(reader: &mut Reader<'_>, value: &Value, pointer: String) -> Wallet {
    let mut object = reader.object(value, pointer);
    let code = reader.new_code(&mut object);
    let name = object
        .get("name")
        .map(|name| reader.text_at(name, object.at("name")));
    let expiry = reader.child(&mut object, "expiry").map(|mut expiry| {
        let read = Expiry::read(reader, &mut expiry);
        reader.close(&expiry);
        read
    });
    let redemption = reader.child(&mut object, "redemption").map(|mut terms| {
        let read = RedemptionTerms::read(reader, &mut terms);
        reader.close(&terms);
        read
    });
    reader.only(&mut object, "activation", is_immediate);
    let shortage = [("negative", ()), ("clamp", ()), ("refuse", ())];
    // Nothing takes points back yet, so that any way to treat a shortage is kept.
    let _kept = reader.choice(&mut object, "on_shortage", &shortage, &[]);
    reader.refuse(&mut object, &["max_balance"]);
    reader.refuse_entries(&mut object, &["limits"]);
    reader.close(&object);
    Wallet {
        name: name.unwrap_or_else(|| code.clone()),
        code,
        expiry: expiry.unwrap_or_default(),
        redemption: redemption.unwrap_or_default(),
    }
}

/// Points are spendable at once: the only activation there is yet.
fn is_immediate(activation: &Value) -> bool {
    *activation == serde_json::json!({"type": "immediate"})
}

fn read_earning(reader: &mut Reader<'_>, earning: &mut Object<'_>) {
    let _sum = reader.choice(earning, "combine", &[("sum", ())], &["best", "first"]);
    read_overrides(reader, earning);
    let _rounded = reader.choice(earning, "multiply", &[("rounded", ())], &["exact"]);
    read_stacking(reader, earning, "bonus_combine");
    if let Some(mut exclude) = reader.child(earning, "exclude") {
        reader.refuse_entries(&mut exclude, &["skus", "categories", "departments"]);
        reader.close(&exclude);
    }
}

/// How bonuses of one wallet go together: each adds its own.
pub(crate) fn read_stacking(reader: &mut Reader<'_>, object: &mut Object<'_>, field: &'static str) {
    let later = ["stack_product", "best", "newest"];
    let _sum = reader.choice(object, field, &[("stack_sum", ())], &later);
}

/// What `earning` says for all rules and a rule may say for itself; only the defaults so far.
pub(crate) fn read_overrides(reader: &mut Reader<'_>, object: &mut Object<'_>) {
    let later = ["half_up", "half_even", "ceil"];
    let _floor = reader.choice(object, "rounding", &[("floor", ())], &later);
    let later = ["line", "unit", "tax_rate"];
    let _rule = reader.choice(object, "granularity", &[("rule", ())], &later);
    if let Some(mut basis) = reader.child(object, "basis") {
        let _included = reader.choice(&mut basis, "tax", &[("included", ())], &["excluded"]);
        reader.only(&mut basis, "after_discounts", |value| *value == true);
        reader.only(&mut basis, "after_points_paid", |value| *value == true);
        reader.close(&basis);
    }
}

/// What a rule may say about its own points; only the defaults so far.
pub(crate) fn read_grant_overrides(reader: &mut Reader<'_>, object: &mut Object<'_>) {
    reader.refuse(object, &["expiry"]);
    reader.only(object, "activation", is_immediate);
    reader.refuse_entries(object, &["limits"]);
}

/// Nothing can be returned yet, so that only the defaults are kept.
fn read_returns(reader: &mut Reader<'_>, returns: &mut Object<'_>) {
    let _recompute = reader.choice(returns, "mode", &[("recompute", ())], &["prorate"]);
    let _original = reader.choice(returns, "restore_to", &[("original_lot", ())], &["new_lot"]);
    reader.only(returns, "grace_days", |value| *value == 0);
    reader.only(returns, "review_rank", |value| *value == true);
    reader.only(returns, "late_claim_days", |value| *value == 30);
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
