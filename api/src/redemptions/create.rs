//! Take or hold points outside a receipt, lot by lot in the order of spending.

use std::ops::RangeInclusive;

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::amount::Points;
use domain::decide::{Command, Outcome, RedeemPoints};
use domain::fault::{Fault, FaultCode};
use domain::receipt::{MAX_TEXT_LENGTH, MemberRef, strict_timestamp_option};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::Redemption;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::RedemptionsWrite;
use crate::body::Body;
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::idempotency::{self, IdempotencyKey};
use crate::ledger::{Replay, Submission};
use crate::problem::{Problem, Problems};

/// Points to be taken or held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRedemption {
    /// Whose points.
    pub member: MemberRef,
    /// Code of the wallet.
    #[schema(example = "points", max_length = 200)]
    pub wallet: String,
    /// How many; at least 1.
    #[schema(minimum = 1)]
    pub points: Points,
    /// `capture` takes them at once; `reserve` holds them until they are captured or released.
    pub mode: Mode,
    /// For how long they are held; `reserve` only, 900 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 604_800)]
    pub ttl_seconds: Option<u32>,
    /// Your own name for it, unique within the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub reference: Option<String>,
    /// Code of the store where it happens; a key for some stores must name one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub store: Option<String>,
    /// When it happened; now when left out.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "strict_timestamp_option"
    )]
    pub occurred_at: Option<Timestamp>,
}

/// How points are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    /// At once.
    Capture,
    /// Held first and taken later.
    Reserve,
}

/// For how long points may be held: up to 7 days.
const TTL_SECONDS: RangeInclusive<u32> = 1..=604_800;
/// For how long they are held when nobody says so: 15 minutes.
const DEFAULT_TTL_SECONDS: u32 = 900;

impl NewRedemption {
    /// For how long the points are held; none when they are taken at once.
    fn hold(&self) -> Option<SignedDuration> {
        let ttl = self.ttl_seconds.unwrap_or(DEFAULT_TTL_SECONDS);
        match self.mode {
            Mode::Capture => None,
            Mode::Reserve => Some(SignedDuration::from_secs(ttl.into())),
        }
    }

    fn check(&self) -> Result<(), Problem> {
        let mut faults = Vec::new();
        if self
            .ttl_seconds
            .is_some_and(|ttl| !TTL_SECONDS.contains(&ttl))
        {
            faults.push(Fault::new(
                "/ttl_seconds",
                FaultCode::OutOfRange,
                "Must be from 1 to 604800, which are 7 days.",
            ));
        }
        if self.ttl_seconds.is_some() && self.mode == Mode::Capture {
            faults.push(Fault::new(
                "/ttl_seconds",
                FaultCode::InvalidValue,
                "Only a reservation has one.",
            ));
        }
        if self.points.get() < 1 {
            faults.push(Fault::new(
                "/points",
                FaultCode::OutOfRange,
                "Must be at least 1.",
            ));
        }
        check_text("/wallet", &self.wallet, &mut faults);
        if let Some(reference) = &self.reference {
            check_text("/reference", reference, &mut faults);
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

fn check_text(pointer: &str, text: &str, faults: &mut Vec<Fault>) {
    if text.is_empty() {
        faults.push(Fault::new(pointer, FaultCode::Empty, "Must not be empty."));
    } else if text.chars().count() > MAX_TEXT_LENGTH {
        faults.push(Fault::new(
            pointer,
            FaultCode::TooLong,
            "May have at most 200 characters.",
        ));
    } else if text.chars().any(char::is_control) {
        faults.push(Fault::new(
            pointer,
            FaultCode::ControlCharacter,
            "Must not hold control characters.",
        ));
    }
}

/// Take or hold points.
///
/// Only points that buy a whole unit of money are taken, and under `over: clamp` of the wallet as many as may be: the
/// answer says how many. A reservation holds exactly what was asked for. What would buy nothing is refused.
///
/// From the lots that expire first, exactly once per key: with 100 points, 1,000 parallel requests
/// for 1 point succeed exactly 100 times. What is held is neither spendable nor does it expire until
/// it is captured or released; a reservation that nobody ends is released when its time is over.
#[utoipa::path(
    post,
    path = "/v1/redemptions",
    operation_id = "create_redemption",
    tag = "redemptions",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible ASCII characters; the same for every repeat of this request", max_length = 255)),
    request_body(content = NewRedemption, description = "Whose points, and how many"),
    responses(
        (status = 201, description = "Taken or held; also the answer to a repeat with the same key", body = Redemption),
        (status = 200, description = "Taken or held before under the same reference, with the same content", body = Redemption),
        Problems,
    ),
    extensions(("x-scopes" = json!(["redemptions:write"])))
)]
pub(crate) async fn create(
    app: Data<App>,
    caller: Caller<RedemptionsWrite>,
    key: IdempotencyKey,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let new: NewRedemption = body.json(MAX_BODY_BYTES).await?;
    new.check()?;
    caller.check_named_store(new.store.as_deref())?;
    if let Some(store) = &new.store {
        app.known_store(caller.tenant, store).await?;
    }
    let submission = Submission {
        tenant: caller.tenant,
        receipt: None,
        actor: caller.key,
        key: key.hash(),
        content: idempotency::content("redemption", &new)?,
        member: Some(app.look_ups.look_up(caller.tenant, &new.member)?),
        command: Command::Redeem(RedeemPoints {
            seed: clock::new_id(),
            hold: new.hold(),
            wallet: new.wallet,
            points: new.points,
            reference: new.reference,
            store: new.store,
            occurred_at: new.occurred_at,
        }),
    };
    let answer = app.submit_counted(&caller, new.points, submission).await?;
    let Outcome::Redemption(outcome) = answer.outcome else {
        return Err(Problem::internal(
            &"a redemption was answered as something else",
        ));
    };
    let mut response = match answer.replay {
        Some(Replay::OfIdentity) => HttpResponse::Ok(),
        _ => HttpResponse::Created(),
    };
    idempotency::tell_replay(&mut response, answer.replay.is_some());
    Ok(response.json(Redemption::from(outcome)))
}
