//! The body of every operation that takes one.

use std::collections::BTreeSet;

use bytes::Bytes;
use domain::receipt::{Purpose, Receipt};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::dice::Dice;
use super::sample::sample;
use super::{feed, told};
use crate::body::{Listing, merge_patch, parse};
use crate::idempotency::content;
use crate::problem::Problem;
use crate::{
    adjustments, api_keys, auth, members, partner_grants, partners, programs, purchases, ranks,
    redemptions, stores, tenants, test_clock, transfers, webhooks,
};

/// Reads a body as its operation does.
type Parser = fn(&[u8]) -> Result<(), Problem>;

/// Samples of each schema to begin with.
const SAMPLES: usize = 12;

fn typed<T: DeserializeOwned>(bytes: &[u8]) -> Result<(), Problem> {
    parse::<T>(bytes).map(drop)
}

/// A merge patch, which can be applied to anything and says the same when it is written again.
fn patch(bytes: &[u8]) -> Result<(), Problem> {
    let patch: Value = parse(bytes)?;
    let mut once =
        serde_json::json!({"name": "Before", "attributes": {"colour": "red"}, "limits": null});
    merge_patch(&mut once, patch.clone());
    let mut twice = once.clone();
    merge_patch(&mut twice, patch);
    // Null for what is not there stays to be judged by whoever knows the names; it means the same as nothing.
    assert_eq!(
        said(&once),
        said(&twice),
        "a merge patch has its effect once"
    );
    Ok(())
}

/// A document without whatever is null in its objects.
fn said(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let there = fields.iter().filter(|(_, value)| !value.is_null());
            there
                .map(|(name, value)| (name.clone(), said(value)))
                .collect()
        }
        other => other.clone(),
    }
}

/// A receipt that is right reads the same when it is written again, and has the same content.
fn receipt(bytes: &[u8]) -> Result<(), Problem> {
    let receipt: Receipt = parse(bytes)?;
    let quoted = receipt.check(Purpose::Quote).is_ok();
    receipt.check(Purpose::Purchase).map_err(Problem::invalid)?;
    assert!(quoted, "what can be recorded can be quoted");
    let written = serde_json::to_vec(&receipt).expect("it can be written");
    let again: Receipt = parse(&written).expect("it can be read again");
    assert_eq!(again, receipt);
    assert_eq!(content("fuzz", &again)?, content("fuzz", &receipt)?);
    Ok(())
}

/// Every entry that stands in the list is read alone.
fn batch(bytes: &[u8]) -> Result<(), Problem> {
    let bytes = Bytes::copy_from_slice(bytes);
    let listing = Listing::<purchases::record_batch::Envelope>::read(bytes)?;
    for entry in listing.entries() {
        told(&parse::<purchases::batch_item::BatchReceipt>(entry));
    }
    Ok(())
}

const PARSERS: [(&str, Parser); 34] = [
    (
        "create_adjustment",
        typed::<adjustments::create::NewAdjustment>,
    ),
    ("create_api_key", typed::<api_keys::create::NewApiKey>),
    ("rotate_api_key", typed::<auth::rotation::Rotation>),
    ("exchange_goods", typed::<purchases::exchange::NewExchange>),
    ("enrol_member", typed::<members::document::MemberFields>),
    ("look_up_member", typed::<members::find::MemberLookUp>),
    ("change_member", patch),
    ("set_rank", typed::<ranks::set::NewRank>),
    (
        "create_partner_grant",
        typed::<partner_grants::create::NewPartnerGrant>,
    ),
    ("create_partner", typed::<partners::create::NewPartner>),
    ("rotate_partner_key", typed::<auth::rotation::Rotation>),
    ("save_program_draft", typed::<Value>),
    ("publish_program", typed::<programs::publish::Publication>),
    ("roll_back_program", typed::<programs::rollback::Rollback>),
    ("record_purchase", receipt),
    ("record_purchases", batch),
    ("claim_purchase", typed::<purchases::claim::NewClaim>),
    (
        "report_purchase_event",
        typed::<purchases::report_event::NewPurchaseEvent>,
    ),
    (
        "return_purchase",
        typed::<purchases::return_goods::NewReturn>,
    ),
    ("void_purchase", typed::<purchases::void::NewVoid>),
    ("quote_purchase", receipt),
    (
        "create_redemption",
        typed::<redemptions::create::NewRedemption>,
    ),
    ("capture_redemption", typed::<redemptions::capture::Capture>),
    ("release_redemption", typed::<redemptions::change::GiveBack>),
    ("reverse_redemption", typed::<redemptions::change::GiveBack>),
    ("create_store", typed::<stores::create::NewStore>),
    ("update_store", patch),
    ("update_own_tenant", patch),
    ("update_tenant", patch),
    ("create_tenant", |bytes| {
        tenants::create::NewTenant::parse(parse(bytes)?).map(drop)
    }),
    ("set_test_clock", typed::<test_clock::set::NewTestClock>),
    ("create_transfer", typed::<transfers::create::NewTransfer>),
    (
        "create_webhook_endpoint",
        typed::<webhooks::create::NewWebhookEndpoint>,
    ),
    (
        "rotate_webhook_secret",
        typed::<webhooks::rotate::SecretRotation>,
    ),
];

/// The schema of each JSON body in the document, by its operation.
fn schemas(document: &Value) -> Vec<(String, Value)> {
    let methods = document["paths"].as_object().expect("paths").values();
    let operations = methods.flat_map(|methods| methods.as_object().expect("methods").values());
    operations
        .filter_map(|operation| {
            let content = &operation["requestBody"]["content"];
            let content = content.get("application/json")?;
            let name = operation["operationId"].as_str()?;
            Some((name.to_owned(), content["schema"].clone()))
        })
        .collect()
}

#[test]
fn every_body_of_the_document_has_its_parser_here() {
    let document = crate::openapi::document().expect("the document");
    let told: BTreeSet<String> = schemas(&document)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    let here: BTreeSet<String> = PARSERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(here, told);
}

#[test]
fn bodies() {
    let document = crate::openapi::document().expect("the document");
    let mut dice = Dice(1);
    let mut seeds = Vec::new();
    for (name, schema) in schemas(&document) {
        for _ in 0..SAMPLES {
            let body = sample(&document, &schema, &mut dice);
            seeds.push([name.as_bytes(), b" ", body.to_string().as_bytes()].concat());
        }
    }
    // The first word names the operation; where it names none, the body goes to all of them.
    feed("bodies", seeds, |input| {
        let space = input.iter().position(|byte| *byte == b' ').unwrap_or(0);
        let (name, body) = input.split_at(space);
        let mut words = String::new();
        for (operation, parser) in PARSERS {
            if operation.as_bytes() == name || space == 0 {
                let outcome = parser(body);
                words.push_str(&told(&outcome));
                words.push(' ');
                words.push_str(operation);
            }
        }
        words
    });
}
