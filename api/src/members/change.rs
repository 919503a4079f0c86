//! What enrolment and change have in common: which references hold, who has an identifier already,
//! and how the transaction ends.

use domain::fault::{Fault, FaultCode};
use domain::id::MemberId;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use super::document::MemberFields;
use super::identifiers::{self, HashedClaim};
use super::store::{References, TenantNow};
use crate::app::App;
use crate::db::{DbError, TenantConn};
use crate::outbox::{self, Event, EventType};
use crate::problem::{Problem, ProblemKind};
use crate::roster::LookUpKeys;
use crate::roster::normal::country_code;
use crate::roster::store::MembersByLookUp;
use crate::vault::Vault;

/// The constraint that holds an identifier to one member.
const ONE_MEMBER_PER_IDENTIFIER: &str = "member_identifiers_pkey";

/// What writing a member needs beside its transaction.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    /// Hashes identifiers.
    pub(super) look_up_keys: LookUpKeys,
    /// Seals what is personal.
    pub(super) vault: Vault,
}

impl Tools {
    /// The application's own.
    pub(super) fn of(app: &App) -> Self {
        Self {
            look_up_keys: app.look_ups.clone(),
            vault: app.vault.clone(),
        }
    }
}

/// The tenant at this moment.
#[derive(Debug)]
pub(super) struct Context {
    /// Tells the country whose numbers come without a country code.
    pub(super) currency: String,
    /// The ledger's time.
    pub(super) now: Timestamp,
    /// The day of the calendar that it is at the tenant's place.
    pub(super) today: Date,
    /// The database's time, by which keys are kept whatever the tenant's clock says.
    pub(super) database_now: Timestamp,
    /// Whether somebody wants to hear of events.
    pub(super) has_webhooks: bool,
}

/// Read the tenant's currency and the ledger's time.
pub(super) async fn context(tx: &TenantConn) -> Result<Context, DbError> {
    let row = TenantNow {
        tenant: tx.number(),
    }
    .all(tx)
    .await?
    .pop();
    let (currency, zone, now, database_now, has_webhooks) =
        row.ok_or_else(|| DbError::Failed("the tenant is gone".into()))?;
    let zone = TimeZone::get(&zone).map_err(|error| DbError::Failed(error.to_string()))?;
    let now = now.into();
    Ok(Context {
        currency,
        now,
        today: zone.to_datetime(now).date(),
        database_now: database_now.into(),
        has_webhooks,
    })
}

/// Tell those who want to hear of it that something about a member changed.
pub(super) async fn tell(
    tx: &TenantConn,
    context: &Context,
    kind: EventType,
    (member, version, revision): (MemberId, i64, i64),
) -> Result<(), DbError> {
    if !context.has_webhooks {
        return Ok(());
    }
    let event = Event::new(kind, context.now).of_member(member, version);
    outbox::write(tx, vec![event.with("revision", revision)]).await
}

/// Refuse a store or member that the tenant does not have, and an enrolment or birth that lies ahead.
pub(super) async fn check_references(
    tx: &TenantConn,
    fields: &MemberFields,
    context: &Context,
) -> Result<(), Problem> {
    let mut faults = Vec::new();
    let birth_date = fields.birth_date.as_deref();
    let birth_date = birth_date.and_then(|date| date.parse::<Date>().ok());
    if birth_date.is_some_and(|date| date > context.today) {
        let detail = "nobody is born tomorrow";
        faults.push(Fault::new("/birth_date", FaultCode::OutOfRange, detail));
    }
    if fields.enrolled_at.is_some_and(|at| at > context.now) {
        let detail = "membership can't begin in the future; leave the field out for now";
        faults.push(Fault::new("/enrolled_at", FaultCode::OutOfRange, detail));
    }
    if fields.store.is_some() || fields.referred_by.is_some() {
        let references = References {
            tenant: tx.number(),
            store: fields.store.clone(),
            member: fields.referred_by.map(MemberId::uuid),
        };
        let found = references.all(tx).await?.pop();
        let (has_store, has_member) = found.unwrap_or((false, false));
        if fields.store.is_some() && !has_store {
            let detail = "the tenant has no store with this code";
            faults.push(Fault::new("/store", FaultCode::UnknownStore, detail));
        }
        if fields.referred_by.is_some() && !has_member {
            let detail = "the tenant has no member with this id";
            let code = FaultCode::UnknownReference;
            faults.push(Fault::new("/referred_by", code, detail));
        }
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Problem::invalid(faults))
    }
}

/// What the member is going to be found by; refused when another member has some of it.
pub(super) async fn claim(
    tx: &TenantConn,
    tools: &Tools,
    member: MemberId,
    fields: &MemberFields,
    currency: &str,
) -> Result<Vec<HashedClaim>, Problem> {
    let claims = identifiers::claims(fields, country_code(currency)).map_err(Problem::invalid)?;
    if claims.is_empty() {
        return Ok(Vec::new());
    }
    let claims = identifiers::hashed(&tools.look_up_keys, tx.tenant(), claims)?;
    let known = MembersByLookUp {
        tenant: tx.number(),
        look_ups: claims.iter().map(|hashed| hashed.look_up).collect(),
    };
    let rows = known.all(tx).await?.into_iter();
    let by_others: Vec<Uuid> = rows
        .filter(|(_, owner)| *owner != member.uuid())
        .map(|(look_up, _)| look_up)
        .collect();
    match identifiers::taken(&claims, &by_others) {
        Some(problem) => Err(problem),
        None => Ok(claims),
    }
}

/// What a failed write of a member means: somebody else may have been faster with an identifier.
pub(super) fn refused_write(failure: WriteFailure) -> Problem {
    match failure {
        WriteFailure::Database(DbError::Duplicate(name)) if name == ONE_MEMBER_PER_IDENTIFIER => {
            Problem::new(
                ProblemKind::IdentifierTaken,
                "Another member got an identifier of this one at the same moment.",
            )
        }
        WriteFailure::Database(error) => error.into(),
        WriteFailure::Other(problem) => problem,
    }
}

/// Why a member could not be written.
#[derive(Debug)]
pub(super) enum WriteFailure {
    /// The database refused it.
    Database(DbError),
    /// It could not be sealed.
    Other(Problem),
}

impl From<DbError> for WriteFailure {
    fn from(error: DbError) -> Self {
        Self::Database(error)
    }
}

impl From<Problem> for WriteFailure {
    fn from(problem: Problem) -> Self {
        Self::Other(problem)
    }
}

/// Commit what succeeded, undo what was refused; the connection serves on in both cases.
pub(super) async fn finish<T, E: From<DbError>>(
    tx: TenantConn,
    outcome: Result<T, E>,
) -> Result<T, E> {
    match outcome {
        Ok(done) => {
            tx.commit().await?;
            Ok(done)
        }
        Err(refusal) => {
            // The refusal stands whether or not the connection survives.
            if let Err(error) = tx.rollback().await {
                tracing::debug!(cause = %error, "a refused transaction could not be rolled back");
            }
            Err(refusal)
        }
    }
}
