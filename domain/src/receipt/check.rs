//! What makes a receipt unacceptable whatever the tenant has configured: limits and consistency,
//! all of it reported at once.

use super::characters::check_characters;
use super::{
    Line, MAX_ATTRIBUTES, MAX_KEY_LENGTH, MAX_LINES, MAX_REDEEMS, MAX_TENDERS, MAX_TEXT_LENGTH,
    MAX_TOTAL, MemberRef, Receipt,
};
use crate::amount::{Amount, Decimal4, Overflow, Points};
use crate::fault::{Fault, FaultCode, escape_pointer};
use std::collections::BTreeSet;

/// What a receipt is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To be recorded.
    Purchase,
    /// Only to be evaluated.
    Quote,
}

impl Receipt {
    /// Every fault that can be told without the tenant's configuration.
    pub fn check(&self, purpose: Purpose) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        check_name(&self.store, "/store", &mut faults);
        check_text(&self.terminal, || "/terminal".to_owned(), &mut faults);
        if purpose == Purpose::Purchase {
            self.check_receipt_number(&mut faults);
        }
        self.check_member(&mut faults);
        self.check_lines(&mut faults);
        self.check_tenders(&mut faults);
        self.check_redeem(&mut faults);
        if !self.vouchers.is_empty() {
            let detail = "vouchers are not supported yet; leave the field out";
            faults.push(Fault::new("/vouchers", FaultCode::Unsupported, detail));
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    fn check_receipt_number(&self, faults: &mut Vec<Fault>) {
        match &self.receipt_number {
            Some(number) => check_name(number, "/receipt_number", faults),
            None => {
                let detail = "a purchase needs the till's receipt number";
                faults.push(Fault::new("/receipt_number", FaultCode::Required, detail));
            }
        }
    }

    fn check_member(&self, faults: &mut Vec<Fault>) {
        match &self.member {
            None | Some(MemberRef::Id(_)) => {}
            Some(MemberRef::Card(text)) => check_name(text, "/member/card", faults),
            Some(MemberRef::ExternalId(text)) => check_name(text, "/member/external_id", faults),
            Some(MemberRef::Phone(text)) => check_name(text, "/member/phone", faults),
            Some(MemberRef::Email(text)) => check_name(text, "/member/email", faults),
        }
    }

    fn check_lines(&self, faults: &mut Vec<Fault>) {
        if self.lines.is_empty() {
            let detail = "a receipt needs at least one line";
            faults.push(Fault::new("/lines", FaultCode::Empty, detail));
        }
        if self.lines.len() > MAX_LINES {
            let detail = format!("a receipt may have at most {MAX_LINES} lines");
            faults.push(Fault::new("/lines", FaultCode::TooMany, detail));
            return;
        }
        let known = faults.len();
        for (index, line) in self.lines.iter().enumerate() {
            line.check(&format!("/lines/{index}"), faults);
        }
        if faults.len() > known {
            return;
        }
        let total = self
            .lines
            .iter()
            .try_fold(Amount::ZERO, |total, line| total.checked_add(line.value()?));
        if !total.is_ok_and(|total| (Amount::ZERO..=MAX_TOTAL).contains(&total)) {
            let detail = format!("the lines must sum to between 0 and {MAX_TOTAL}");
            faults.push(Fault::new("/lines", FaultCode::OutOfRange, detail));
        }
    }

    fn check_tenders(&self, faults: &mut Vec<Fault>) {
        if self.tenders.len() > MAX_TENDERS {
            let detail = format!("a receipt may have at most {MAX_TENDERS} tenders");
            faults.push(Fault::new("/tenders", FaultCode::TooMany, detail));
            return;
        }
        for (index, tender) in self.tenders.iter().enumerate() {
            if let Some(brand) = &tender.brand {
                check_text(brand, || format!("/tenders/{index}/brand"), faults);
            }
            let lowest = Amount::new(Amount::MAX.minor().saturating_neg());
            if !(lowest..=Amount::MAX).contains(&tender.amount) {
                let detail = format!("money must stay within {lowest} and {}", Amount::MAX);
                let pointer = format!("/tenders/{index}/amount");
                faults.push(Fault::new(pointer, FaultCode::OutOfRange, detail));
            }
        }
    }

    fn check_redeem(&self, faults: &mut Vec<Fault>) {
        if self.redeem.len() > MAX_REDEEMS {
            let detail = format!("at most {MAX_REDEEMS} wallets may pay for a receipt");
            faults.push(Fault::new("/redeem", FaultCode::TooMany, detail));
            return;
        }
        if !self.redeem.is_empty() && self.member.is_none() {
            let detail = "points can only be paid by a member; name one";
            faults.push(Fault::new("/member", FaultCode::Required, detail));
        }
        let mut wallets = BTreeSet::new();
        for (index, redeem) in self.redeem.iter().enumerate() {
            let pointer = format!("/redeem/{index}/wallet");
            check_name(&redeem.wallet, &pointer, faults);
            if !wallets.insert(redeem.wallet.as_str()) {
                let detail = "name each wallet once, with all its points";
                faults.push(Fault::new(pointer, FaultCode::Duplicate, detail));
            }
            if redeem.points <= Points::ZERO || redeem.points > Points::MAX_BALANCE {
                let detail = format!("points must lie between 1 and {}", Points::MAX_BALANCE);
                let pointer = format!("/redeem/{index}/points");
                faults.push(Fault::new(pointer, FaultCode::OutOfRange, detail));
            }
        }
    }
}

impl Line {
    /// The line's money after the till's own discount: `amount` when given, else
    /// quantity × unit price − discount.
    pub fn value(&self) -> Result<Amount, Overflow> {
        if let Some(amount) = self.amount {
            return Ok(amount);
        }
        let price = self.unit_price.unwrap_or(Amount::ZERO).minor();
        let pieces = self.quantity.whole().unwrap_or(0);
        let product = price.checked_mul(pieces).ok_or(Overflow)?;
        Amount::new(product).checked_sub(self.discount.unwrap_or(Amount::ZERO))
    }

    fn check(&self, pointer: &str, faults: &mut Vec<Fault>) {
        let texts = [
            ("sku", &self.sku),
            ("category", &self.category),
            ("department", &self.department),
        ];
        for (name, text) in texts {
            if let Some(text) = text {
                check_text(text, || format!("{pointer}/{name}"), faults);
            }
        }
        self.check_numbers(pointer, faults);
        self.check_attributes(pointer, faults);
        if faults.is_empty() && self.amount.is_none() {
            let fits = self.value().is_ok_and(|value| {
                value.minor().unsigned_abs() <= Amount::MAX.minor().unsigned_abs()
            });
            if !fits {
                let detail = format!("the line must stay within {} of either sign", Amount::MAX);
                faults.push(Fault::new(pointer, FaultCode::OutOfRange, detail));
            }
        }
    }

    fn check_numbers(&self, pointer: &str, faults: &mut Vec<Fault>) {
        let mut out_of_range = |name: &str, detail: String| {
            faults.push(Fault::new(
                format!("{pointer}/{name}"),
                FaultCode::OutOfRange,
                detail,
            ));
        };
        let quantity = self.quantity.decimal().units();
        let largest = Amount::MAX.minor().saturating_mul(Decimal4::SCALE);
        if !(0..=largest).contains(&quantity) {
            out_of_range(
                "quantity",
                format!("the quantity must lie between 0 and {}", Amount::MAX),
            );
        }
        for (name, money) in [("unit_price", self.unit_price), ("discount", self.discount)] {
            if money.is_some_and(|money| !(Amount::ZERO..=Amount::MAX).contains(&money)) {
                out_of_range(
                    name,
                    format!("money must lie between 0 and {}", Amount::MAX),
                );
            }
        }
        let largest = Amount::MAX.minor().unsigned_abs();
        if self
            .amount
            .is_some_and(|amount| amount.minor().unsigned_abs() > largest)
        {
            out_of_range(
                "amount",
                format!("money must stay within {largest} of either sign"),
            );
        }
        if self
            .tax_percent
            .is_some_and(|percent| !(Decimal4::ZERO..=Decimal4::HUNDRED).contains(&percent))
        {
            out_of_range(
                "tax_percent",
                "a tax rate lies between \"0\" and \"100\"".to_owned(),
            );
        }
        let is_weighed = self.quantity.whole().is_none();
        if self.amount.is_none() && (self.unit_price.is_none() || is_weighed) {
            let detail = if is_weighed {
                "a line with a weight needs its amount, as only the till can round it"
            } else {
                "a line needs its amount, or a unit price"
            };
            faults.push(Fault::new(
                format!("{pointer}/amount"),
                FaultCode::Required,
                detail,
            ));
        }
    }

    fn check_attributes(&self, pointer: &str, faults: &mut Vec<Fault>) {
        if self.attributes.len() > MAX_ATTRIBUTES {
            let detail = format!("a line may have at most {MAX_ATTRIBUTES} attributes");
            faults.push(Fault::new(
                format!("{pointer}/attributes"),
                FaultCode::TooMany,
                detail,
            ));
            return;
        }
        for (key, text) in &self.attributes {
            let place = || format!("{pointer}/attributes/{}", escape_pointer(key));
            if key.len() > MAX_KEY_LENGTH && key.chars().count() > MAX_KEY_LENGTH {
                let detail = format!("a key may have at most {MAX_KEY_LENGTH} characters");
                faults.push(Fault::new(place(), FaultCode::TooLong, detail));
            }
            check_characters(key, place, faults);
            check_text(text, place, faults);
        }
    }
}

/// A text that must not be empty.
fn check_name(text: &str, pointer: &str, faults: &mut Vec<Fault>) {
    if text.trim().is_empty() {
        faults.push(Fault::new(
            pointer,
            FaultCode::Empty,
            "the text must not be empty",
        ));
    }
    check_text(text, || pointer.to_owned(), faults);
}

/// Length and characters of a text.
fn check_text(text: &str, pointer: impl Fn() -> String, faults: &mut Vec<Fault>) {
    // Bytes bound the characters from above, so that short texts need no count.
    if text.len() > MAX_TEXT_LENGTH && text.chars().count() > MAX_TEXT_LENGTH {
        let detail = format!("the text may have at most {MAX_TEXT_LENGTH} characters");
        faults.push(Fault::new(pointer(), FaultCode::TooLong, detail));
    }
    check_characters(text, pointer, faults);
}
