//! A member as JSON: flat, every field optional, the same shape in and out.

use std::collections::BTreeMap;

use domain::id::MemberId;
use domain::member::MemberStatus;
use domain::receipt::strict_timestamp_option;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a caller may say about a member.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MemberFields {
    /// The retailer's own id; compared exactly.
    #[schema(example = "customer-4711", max_length = 200)]
    pub(crate) external_id: Option<String>,
    /// Card numbers; spaces, hyphens and full-width characters make no difference.
    #[schema(example = json!(["2900000012345"]), max_items = 10)]
    pub(crate) cards: Vec<String>,
    /// Phone numbers, with a country code after `+` or as dialled at home.
    #[schema(example = json!(["+819012345678"]), max_items = 10)]
    pub(crate) phones: Vec<String>,
    /// E-mail addresses; the domain is compared without regard to case.
    #[schema(example = json!(["hanako@example.com"]), max_items = 10)]
    pub(crate) emails: Vec<String>,
    /// Family name.
    #[schema(example = "山田", max_length = 200)]
    pub(crate) family_name: Option<String>,
    /// Given name.
    #[schema(example = "花子", max_length = 200)]
    pub(crate) given_name: Option<String>,
    /// Reading of the family name.
    #[schema(example = "ヤマダ", max_length = 200)]
    pub(crate) family_name_kana: Option<String>,
    /// Reading of the given name.
    #[schema(example = "ハナコ", max_length = 200)]
    pub(crate) given_name_kana: Option<String>,
    /// `YYYY-MM-DD`, 1900 or later and not in the future.
    #[schema(example = "1990-02-28", format = Date)]
    pub(crate) birth_date: Option<String>,
    /// In the retailer's own words.
    #[schema(example = "female", max_length = 200)]
    pub(crate) gender: Option<String>,
    /// Where to write to; the member is found by it too.
    #[schema(example = "hanako@example.com", max_length = 254)]
    pub(crate) email: Option<String>,
    /// Where to call; the member is found by it too.
    #[schema(example = "090-1234-5678", max_length = 200)]
    pub(crate) phone: Option<String>,
    /// Postal code.
    #[schema(example = "150-0001", max_length = 200)]
    pub(crate) postal_code: Option<String>,
    /// Address in one line.
    #[schema(example = "東京都渋谷区神宮前1-2-3", max_length = 200)]
    pub(crate) address: Option<String>,
    /// Whatever rules may ask for; nothing personal belongs here. At most 50.
    #[schema(example = json!({"club": "baby"}))]
    pub(crate) attributes: BTreeMap<String, String>,
    /// What the member agreed to. At most 50.
    #[schema(example = json!({"newsletter": true}))]
    pub(crate) consents: BTreeMap<String, bool>,
    /// Where the consents of this request were given; kept with the time of each that it changes, and shown in exports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "form at the till", max_length = 200)]
    pub(crate) consent_source: Option<String>,
    /// Code of the store of enrolment.
    #[schema(example = "shibuya", max_length = 200)]
    pub(crate) store: Option<String>,
    /// When membership began: RFC 3339 with offset, not in the future; left out = now.
    #[serde(deserialize_with = "strict_timestamp_option")]
    #[schema(example = "2026-11-21T10:15:00+09:00")]
    pub(crate) enrolled_at: Option<Timestamp>,
    /// The member who brought this one.
    pub(crate) referred_by: Option<MemberId>,
}

/// A member, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Member {
    /// The member's id.
    pub(crate) id: MemberId,
    /// Where the member stands.
    pub(crate) status: MemberStatus,
    /// The ledger's version: up by one with every transaction of the member, 0 at enrolment.
    #[schema(example = 0)]
    pub(crate) version: i64,
    /// When membership began.
    pub(crate) enrolled_at: Timestamp,
    /// The retailer's own id.
    #[schema(example = "customer-4711")]
    pub(crate) external_id: Option<String>,
    /// Card numbers, as they were given.
    #[schema(example = json!(["2900000012345"]))]
    pub(crate) cards: Vec<String>,
    /// Phone numbers, as they were given.
    #[schema(example = json!(["+819012345678"]))]
    pub(crate) phones: Vec<String>,
    /// E-mail addresses, as they were given.
    #[schema(example = json!(["hanako@example.com"]))]
    pub(crate) emails: Vec<String>,
    /// Family name.
    #[schema(example = "山田")]
    pub(crate) family_name: Option<String>,
    /// Given name.
    #[schema(example = "花子")]
    pub(crate) given_name: Option<String>,
    /// Reading of the family name.
    #[schema(example = "ヤマダ")]
    pub(crate) family_name_kana: Option<String>,
    /// Reading of the given name.
    #[schema(example = "ハナコ")]
    pub(crate) given_name_kana: Option<String>,
    /// Date of birth.
    #[schema(example = "1990-02-28", format = Date)]
    pub(crate) birth_date: Option<String>,
    /// In the retailer's own words.
    #[schema(example = "female")]
    pub(crate) gender: Option<String>,
    /// Where to write to.
    #[schema(example = "hanako@example.com")]
    pub(crate) email: Option<String>,
    /// Where to call.
    #[schema(example = "090-1234-5678")]
    pub(crate) phone: Option<String>,
    /// Postal code.
    #[schema(example = "150-0001")]
    pub(crate) postal_code: Option<String>,
    /// Address in one line.
    #[schema(example = "東京都渋谷区神宮前1-2-3")]
    pub(crate) address: Option<String>,
    /// Whatever rules may ask for.
    #[schema(example = json!({"club": "baby"}))]
    pub(crate) attributes: BTreeMap<String, String>,
    /// What the member agreed to.
    #[schema(example = json!({"newsletter": true}))]
    pub(crate) consents: BTreeMap<String, bool>,
    /// Code of the store of enrolment.
    #[schema(example = "shibuya")]
    pub(crate) store: Option<String>,
    /// The member who brought this one.
    pub(crate) referred_by: Option<MemberId>,
}

/// What is sealed as a whole: the part that the ledger and the rules never see.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Profile {
    family_name: Option<String>,
    given_name: Option<String>,
    family_name_kana: Option<String>,
    given_name_kana: Option<String>,
    birth_date: Option<String>,
    gender: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    postal_code: Option<String>,
    address: Option<String>,
}

impl MemberFields {
    /// The part that is sealed as a whole.
    pub(super) fn profile(&self) -> Profile {
        Profile {
            family_name: self.family_name.clone(),
            given_name: self.given_name.clone(),
            family_name_kana: self.family_name_kana.clone(),
            given_name_kana: self.given_name_kana.clone(),
            birth_date: self.birth_date.clone(),
            gender: self.gender.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
            postal_code: self.postal_code.clone(),
            address: self.address.clone(),
        }
    }

    /// The same fields with this profile in its place.
    pub(super) fn with_profile(self, profile: Profile) -> Self {
        Self {
            family_name: profile.family_name,
            given_name: profile.given_name,
            family_name_kana: profile.family_name_kana,
            given_name_kana: profile.given_name_kana,
            birth_date: profile.birth_date,
            gender: profile.gender,
            email: profile.email,
            phone: profile.phone,
            postal_code: profile.postal_code,
            address: profile.address,
            ..self
        }
    }

    /// Whether both are found by the same identifiers and show them alike.
    pub(super) fn has_identifiers_of(&self, other: &Self) -> bool {
        self.external_id == other.external_id
            && self.cards == other.cards
            && self.phones == other.phones
            && self.emails == other.emails
            && self.phone == other.phone
            && self.email == other.email
    }
}

impl Member {
    /// Show these fields of a member.
    pub(super) fn new(
        id: MemberId,
        status: MemberStatus,
        version: i64,
        enrolled_at: Timestamp,
        fields: MemberFields,
    ) -> Self {
        Self {
            id,
            status,
            version,
            enrolled_at,
            external_id: fields.external_id,
            cards: fields.cards,
            phones: fields.phones,
            emails: fields.emails,
            family_name: fields.family_name,
            given_name: fields.given_name,
            family_name_kana: fields.family_name_kana,
            given_name_kana: fields.given_name_kana,
            birth_date: fields.birth_date,
            gender: fields.gender,
            email: fields.email,
            phone: fields.phone,
            postal_code: fields.postal_code,
            address: fields.address,
            attributes: fields.attributes,
            consents: fields.consents,
            store: fields.store,
            referred_by: fields.referred_by,
        }
    }
}
