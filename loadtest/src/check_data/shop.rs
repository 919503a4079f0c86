//! A retailer with its stores, members and program, made through the API.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::{Caller, Request};
use super::data_set::{DataSet, Joining};
use crate::{
    connection::{Method, bearer},
    failure::Failure,
    stack::Stack,
    world::parse,
};

/// Before every receipt.
const PROGRAM_FROM: &str = "1990-01-01T00:00:00Z";

/// A retailer, acting for itself.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) caller: Caller,
    /// Id by the retailer's own.
    pub(crate) members: HashMap<String, String>,
}

/// Which of a tenant's two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Time is the world's.
    Live,
    /// Time is what the test clock says: from here on, before anything is recorded.
    Sandbox(Timestamp),
}

#[derive(Deserialize)]
struct NewTenant {
    api_key: NewKey,
    sandbox: Twin,
}

#[derive(Deserialize)]
struct Twin {
    api_key: NewKey,
}

#[derive(Deserialize)]
struct NewKey {
    secret: String,
}

#[derive(Deserialize)]
struct NewMember {
    id: String,
}

/// Make it, without members. Business days begin at midnight, as in the reference.
pub(crate) async fn open(
    stack: &Stack,
    data: &DataSet,
    side: Side,
    program: &Value,
) -> Result<Shop, Failure> {
    let operator = Caller::new(stack.url.clone(), bearer(&stack.operator_key)?);
    let wish = json!({"name": data.origin.name, "currency": "USD", "time_zone": data.origin.time_zone,
        "business_day_cutover": "00:00", "prices_include_tax": true});
    let made = operator.ask(Request::post("/v1/tenants", &wish)).await?;
    let made: NewTenant = parse(&made, "the new tenant")?;
    let secret = match side {
        Side::Live => made.api_key.secret,
        Side::Sandbox(_) => made.sandbox.api_key.secret,
    };
    let caller = Caller::new(stack.url.clone(), Arc::clone(&bearer(&secret)?));
    if let Side::Sandbox(start) = side {
        set_clock(&caller, start).await?;
    }
    let stores = data.stores.iter();
    let stores =
        stores.map(|code| Request::post("/v1/stores", &json!({"code": code, "name": code})));
    caller.ask_all(stores.collect()).await?;
    let draft = Request {
        method: Method::Put,
        ..Request::post("/v1/program/draft", program)
    };
    caller.ask(draft).await?;
    let publish = json!({"effective_from": PROGRAM_FROM});
    caller
        .ask(Request::post("/v1/program/publish", &publish))
        .await?;
    Ok(Shop {
        caller,
        members: HashMap::new(),
    })
}

impl Shop {
    /// Enrol members.
    pub(crate) async fn enrol(&mut self, joining: &[&Joining]) -> Result<(), Failure> {
        let wishes = joining.iter();
        let wishes = wishes.map(|member| Request::post("/v1/members", &member.body));
        let enrolled = self.caller.ask_all(wishes.collect()).await?;
        for (member, answer) in joining.iter().zip(&enrolled) {
            let NewMember { id } = parse(answer, "the new member")?;
            self.members.insert(member.external_id.clone(), id);
        }
        Ok(())
    }
}

/// Move the sandbox's time forward.
pub(crate) async fn set_clock(caller: &Caller, now: Timestamp) -> Result<(), Failure> {
    let clock = json!({"now": now.to_string()});
    caller.ask(Request::post("/v1/test-clock", &clock)).await?;
    Ok(())
}
