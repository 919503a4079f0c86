//! What a till sends. It is read strictly once at the door: everything behind it may rely on the
//! limits named here.

use crate::amount::{Amount, Decimal4, Points};
use crate::id::MemberId;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use utoipa::ToSchema;

mod characters;
mod check;
mod moment;
mod quantity;
#[cfg(test)]
mod tests;

pub use characters::check_characters;
pub use check::Purpose;
pub use moment::{KNOWN_YEARS, strict_timestamp, strict_timestamp_option};
pub use quantity::Quantity;

/// The most lines a receipt may have.
pub const MAX_LINES: usize = 500;
/// The most characters of any text of a receipt.
pub const MAX_TEXT_LENGTH: usize = 200;
/// The most tenders of one receipt.
pub const MAX_TENDERS: usize = 50;
/// The most wallets that may pay for one receipt.
pub const MAX_REDEEMS: usize = 20;
/// The most vouchers of one receipt.
pub const MAX_VOUCHERS: usize = 50;
/// The most attributes of one line.
pub const MAX_ATTRIBUTES: usize = 50;
/// The longest name of one of them, in characters.
pub const MAX_KEY_LENGTH: usize = 64;
/// The largest total of a receipt, in minor units: below 10¹³.
pub const MAX_TOTAL: Amount = Amount::new(9_999_999_999_999);

/// A receipt as the till knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Code of the store.
    #[schema(example = "shibuya", max_length = 200)]
    pub store: String,
    /// The till in the store; empty when the store has only one.
    #[serde(default)]
    #[schema(example = "pos-3", max_length = 200, default = "")]
    pub terminal: String,
    /// The till's own number; with store, terminal and business date it identifies the receipt.
    /// Required for a purchase, ignored in a quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "000123", max_length = 200)]
    pub receipt_number: Option<String>,
    /// When the purchase took place: RFC 3339 with offset, 1970 to 2199.
    #[serde(deserialize_with = "strict_timestamp")]
    #[schema(example = "2026-11-21T10:15:00+09:00")]
    pub occurred_at: Timestamp,
    /// Who bought, by exactly one identifier; absent for a purchase without a member.
    // The lines have to follow at once: what stands between is replaced where a receipt is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberRef>,
    /// What was bought; a till that knows no lines sends one.
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<Line>,
    /// How it was paid; their sum is not checked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub tenders: Vec<Tender>,
    /// Points that pay for it, wallet by wallet in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub redeem: Vec<Redeem>,
    /// Codes of vouchers that are used.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 50)]
    pub vouchers: Vec<String>,
}

/// A member, named by exactly one identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemberRef {
    /// The member's id.
    Id(MemberId),
    /// A card number.
    #[schema(example = "2900000012345")]
    Card(String),
    /// The retailer's own identifier.
    #[schema(example = "customer-4711")]
    ExternalId(String),
    /// A phone number.
    #[schema(example = "+81312345678")]
    Phone(String),
    /// An e-mail address.
    #[schema(example = "hanako@example.com")]
    Email(String),
}

/// One line of a receipt. It gives `amount`, or `unit_price`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The article.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "4901234567894", max_length = 200)]
    pub sku: Option<String>,
    /// A path with `/` between its parts; a rule on `food` matches `food/fresh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "food/fresh", max_length = 200)]
    pub category: Option<String>,
    /// The department of the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub department: Option<String>,
    /// Pieces as an integer, or weight as a decimal string (then `amount` is needed).
    #[serde(default)]
    pub quantity: Quantity,
    /// Price of one piece in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<Amount>,
    /// The till's own discount on this line, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Amount>,
    /// The line's total after the till's own discounts; the truth when given. May be negative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// Tax rate in percent; absent = the tenant's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "8")]
    pub tax_percent: Option<Decimal4>,
    /// Earns nothing: gift cards, the program's own vouchers and the like.
    #[serde(default)]
    #[schema(default = false)]
    pub points_excluded: bool,
    /// Whatever else the till knows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
}

/// A means of payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TenderType {
    /// Notes and coins.
    Cash,
    /// A credit card.
    Card,
    /// A debit card.
    Debit,
    /// Stored value on a chip.
    EMoney,
    /// A code on a phone.
    Qr,
    /// A gift card.
    GiftCard,
    /// Another company's wallet.
    EWallet,
    /// A paper or digital voucher.
    Voucher,
    /// The customer's account with the retailer.
    CreditAccount,
    /// Anything else.
    Other,
}

impl TenderType {
    /// The word as it stands in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cash => "cash",
            Self::Card => "card",
            Self::Debit => "debit",
            Self::EMoney => "e_money",
            Self::Qr => "qr",
            Self::GiftCard => "gift_card",
            Self::EWallet => "e_wallet",
            Self::Voucher => "voucher",
            Self::CreditAccount => "credit_account",
            Self::Other => "other",
        }
    }
}

/// A part of the payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tender {
    /// The means of payment.
    pub r#type: TenderType,
    /// Brand of the card or wallet, free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub brand: Option<String>,
    /// In minor units; change given back may be negative.
    pub amount: Amount,
}

/// Points of one wallet that pay for the receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redeem {
    /// Code of the wallet.
    #[schema(example = "points", max_length = 200)]
    pub wallet: String,
    /// How many points.
    pub points: Points,
}

impl Receipt {
    /// How many points shall pay for it, over all wallets.
    #[must_use]
    pub fn points_wished(&self) -> Points {
        let wished = self.redeem.iter().map(|wish| wish.points.get());
        Points::new(wished.fold(0, i64::saturating_add))
    }
}

/// The kinds of identifier, as they stand in JSON.
const MEMBER_KEYS: &[&str] = &["id", "card", "external_id", "phone", "email"];

struct MemberRefVisitor;

impl<'de> de::Visitor<'de> for MemberRefVisitor {
    type Value = MemberRef;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with exactly one of id, card, external_id, phone, email")
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<MemberRef, A::Error> {
        let Some(key) = map.next_key::<Cow<'de, str>>()? else {
            return Err(de::Error::invalid_length(0, &self));
        };
        MemberRef::read_entry(&key, map)
    }
}

impl MemberRef {
    /// The member that an object names whose first key was read already.
    pub fn read_entry<'de, A: de::MapAccess<'de>>(key: &str, mut map: A) -> Result<Self, A::Error> {
        let member = match key {
            "id" => Self::Id(map.next_value()?),
            "card" => Self::Card(map.next_value()?),
            "external_id" => Self::ExternalId(map.next_value()?),
            "phone" => Self::Phone(map.next_value()?),
            "email" => Self::Email(map.next_value()?),
            unknown => return Err(de::Error::unknown_field(unknown, MEMBER_KEYS)),
        };
        if map.next_key::<de::IgnoredAny>()?.is_some() {
            return Err(de::Error::invalid_length(2, &MemberRefVisitor));
        }
        Ok(member)
    }
}

/// By hand, because a derived reader calls a second identifier a syntax error.
impl<'de> Deserialize<'de> for MemberRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MemberRefVisitor)
    }
}
