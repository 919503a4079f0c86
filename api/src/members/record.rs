//! A member as it is stored: read and opened, sealed and written. Everything stands in the
//! transaction of the caller.

use std::collections::{BTreeMap, HashMap};

use domain::id::MemberId;
use domain::member::MemberStatus;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::change::WriteFailure;
use super::consents::{self, At, Given};
use super::document::{Member, MemberFields, Profile};
use super::identifiers::{HashedClaim, Listed};
use super::store::{
    DeleteIdentifiers, IdentifiersOfMember, InsertIdentifiers, InsertLedger, InsertMember,
    InsertProfile, MemberById, UpdateMember, UpdateProfile,
};
use crate::db::{DbError, TenantConn};
use crate::problem::Problem;
use crate::roster::IdentifierKind;
use crate::vault::{DataKey, Owner, PROFILE, Vault};

/// The revision of a member that was never changed.
pub(super) const FIRST_REVISION: i64 = 1;

/// A member with everything that is known of it.
#[derive(Debug)]
pub(super) struct Stored {
    /// The member's id.
    pub(super) id: MemberId,
    /// Where the member stands.
    pub(super) status: MemberStatus,
    /// The ledger's version.
    pub(super) version: i64,
    /// Goes up with every change of the fields; the `ETag`.
    pub(super) revision: i64,
    /// When membership began.
    pub(super) enrolled_at: Timestamp,
    /// As a caller would send them.
    pub(super) fields: MemberFields,
    /// Seals what changes; absent once the member was erased.
    pub(super) key: Option<DataKey>,
    /// Since when the member is found by a hash.
    pub(super) found_since: HashMap<Uuid, Timestamp>,
}

impl Stored {
    /// As it is shown.
    pub(super) fn into_member(self) -> Member {
        Member::new(
            self.id,
            self.status,
            self.version,
            self.enrolled_at,
            self.fields,
        )
    }
}

/// A member whose fields are checked and whose claims are hashed, to be written.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    /// The member's id.
    pub(super) id: MemberId,
    /// What is said of it.
    pub(super) fields: &'a MemberFields,
    /// When membership begins.
    pub(super) enrolled_at: Timestamp,
    /// The ledger's time.
    pub(super) now: Timestamp,
    /// What it is found by.
    pub(super) claims: &'a [HashedClaim],
    /// Where its consents were given.
    pub(super) given: Given,
}

impl Draft<'_> {
    fn at(&self, revision: i64) -> At {
        At {
            member: self.id,
            revision,
            now: self.now,
        }
    }
}

/// The member with this id, opened; none when the tenant has no such member.
pub(super) async fn load(
    tx: &TenantConn,
    vault: &Vault,
    id: MemberId,
) -> Result<Option<Stored>, Problem> {
    let tenant = tx.number();
    let rows = MemberById {
        tenant,
        id: id.uuid(),
    };
    let Some(row) = rows.all(tx).await?.pop() else {
        return Ok(None);
    };
    let (
        status,
        enrolled_at,
        store,
        referred_by,
        attributes,
        consents,
        revision,
        _,
        version,
        wrapped,
        sealed,
    ) = row;
    let enrolled_at = enrolled_at.into();
    let mut fields = MemberFields {
        attributes: read(attributes.as_bytes())?,
        consents: read(consents.as_bytes())?,
        store,
        enrolled_at: Some(enrolled_at),
        referred_by: referred_by.map(MemberId::from_uuid),
        ..MemberFields::default()
    };
    let mut found_since = HashMap::new();
    let key = wrapped
        .map(|wrapped| vault.unwrap_key(owner(tx, id), &wrapped))
        .transpose()
        .map_err(|error| Problem::internal(&error))?;
    if let (Some(key), Some(sealed)) = (&key, sealed) {
        let profile: Profile = opened(key, PROFILE, &sealed)?;
        fields = fields.with_profile(profile);
        let identifiers = IdentifiersOfMember {
            tenant,
            member: id.uuid(),
        };
        let rows = identifiers.all(tx).await?;
        found_since = rows.iter().map(|row| (row.0, row.3.into())).collect();
        let listed = rows.into_iter().map(|(_, kind, sealed, _)| (kind, sealed));
        fill_identifiers(&mut fields, key, listed)?;
    }
    Ok(Some(Stored {
        id,
        status: status_from(&status)?,
        version,
        revision,
        enrolled_at,
        fields,
        key,
        found_since,
    }))
}

/// Write a new member with its ledger row, profile and identifiers.
pub(super) async fn insert(
    tx: &TenantConn,
    vault: &Vault,
    draft: &Draft<'_>,
) -> Result<(), WriteFailure> {
    let (tenant, member) = (tx.number(), draft.id.uuid());
    let (key, wrapped_key) = vault
        .new_key(owner(tx, draft.id))
        .map_err(|error| Problem::internal(&error))?;
    let new_member = InsertMember {
        tenant,
        id: member,
        enrolled_at: draft.enrolled_at.into(),
        store: draft.fields.store.clone(),
        referred_by: draft.fields.referred_by.map(MemberId::uuid),
        attributes: written(&draft.fields.attributes)?,
        consents: written(&draft.fields.consents)?,
        created_at: draft.now.into(),
    };
    expect(new_member.run(tx).await?, 1)?;
    let ledger = InsertLedger {
        tenant,
        member,
        recorded_at: draft.now.into(),
        enrolled_at: draft.enrolled_at.into(),
    };
    expect(ledger.run(tx).await?, 1)?;
    let profile = InsertProfile {
        tenant,
        member,
        wrapped_key,
        sealed: sealed(&key, PROFILE, &draft.fields.profile())?,
    };
    expect(profile.run(tx).await?, 1)?;
    let consents = (&BTreeMap::new(), &draft.fields.consents);
    consents::keep(tx, draft.at(FIRST_REVISION), &draft.given, consents).await?;
    insert_identifiers(tx, draft, &key, &HashMap::new()).await
}

/// Write the changed fields of a member that the caller has locked and loaded.
pub(super) async fn update(
    tx: &TenantConn,
    before: &Stored,
    draft: &Draft<'_>,
) -> Result<(), WriteFailure> {
    let (tenant, member) = (tx.number(), draft.id.uuid());
    let key = before
        .key
        .as_ref()
        .ok_or_else(|| Problem::internal(&"a member without a key was to be changed"))?;
    let changed = UpdateMember {
        tenant,
        id: member,
        enrolled_at: draft.enrolled_at.into(),
        store: draft.fields.store.clone(),
        referred_by: draft.fields.referred_by.map(MemberId::uuid),
        attributes: written(&draft.fields.attributes)?,
        consents: written(&draft.fields.consents)?,
    };
    expect(changed.run(tx).await?, 1)?;
    let at = draft.at(before.revision.saturating_add(1));
    let consents = (&before.fields.consents, &draft.fields.consents);
    consents::keep(tx, at, &draft.given, consents).await?;
    let profile = draft.fields.profile();
    if profile != before.fields.profile() {
        let sealed = sealed(key, PROFILE, &profile)?;
        let changed = UpdateProfile {
            tenant,
            member,
            sealed,
        };
        expect(changed.run(tx).await?, 1)?;
    }
    if !draft.fields.has_identifiers_of(&before.fields) {
        let old = DeleteIdentifiers { tenant, member };
        expect(old.run(tx).await?, before.found_since.len())?;
        insert_identifiers(tx, draft, key, &before.found_since).await?;
    }
    Ok(())
}

async fn insert_identifiers(
    tx: &TenantConn,
    draft: &Draft<'_>,
    key: &DataKey,
    found_since: &HashMap<Uuid, Timestamp>,
) -> Result<(), WriteFailure> {
    if draft.claims.is_empty() {
        return Ok(());
    }
    let mut insert = InsertIdentifiers {
        tenant: tx.number(),
        member: draft.id.uuid(),
        look_ups: Vec::new(),
        kinds: Vec::new(),
        sealed: Vec::new(),
        created_at: Vec::new(),
    };
    // One order for all, so that two members who want the same identifiers wait, not deadlock.
    let mut claims: Vec<&HashedClaim> = draft.claims.iter().collect();
    claims.sort_unstable_by_key(|hashed| hashed.look_up);
    for HashedClaim { look_up, claim } in claims {
        let since = found_since.get(look_up).copied().unwrap_or(draft.now);
        insert.look_ups.push(*look_up);
        insert.kinds.push(claim.kind.as_str().to_owned());
        // A further form of what is shown elsewhere has nothing to show.
        insert.sealed.push(match &claim.listed {
            Some(listed) => sealed(key, claim.kind.as_str(), listed)?,
            None => Vec::new(),
        });
        insert.created_at.push(since.into());
    }
    let count = insert.look_ups.len();
    Ok(expect(insert.run(tx).await?, count)?)
}

/// Put the listed identifiers into their fields, in the order in which they were given.
fn fill_identifiers(
    fields: &mut MemberFields,
    key: &DataKey,
    rows: impl Iterator<Item = (String, Vec<u8>)>,
) -> Result<(), Problem> {
    let mut listed: Vec<(IdentifierKind, Listed)> = Vec::new();
    for (name, sealed) in rows.filter(|(_, sealed)| !sealed.is_empty()) {
        let kind = IdentifierKind::from_name(&name)
            .ok_or_else(|| Problem::internal(&"an identifier of an unknown kind is stored"))?;
        listed.push((kind, opened(key, &name, &sealed)?));
    }
    listed.sort_unstable_by_key(|(kind, listed)| (*kind, listed.position));
    for (kind, Listed { text, .. }) in listed {
        match kind {
            IdentifierKind::Card => fields.cards.push(text),
            IdentifierKind::ExternalId => fields.external_id = Some(text),
            IdentifierKind::Phone => fields.phones.push(text),
            IdentifierKind::Email => fields.emails.push(text),
        }
    }
    Ok(())
}

fn owner(tx: &TenantConn, id: MemberId) -> Owner {
    Owner {
        tenant: tx.tenant(),
        member: id.uuid(),
    }
}

fn status_from(name: &str) -> Result<MemberStatus, Problem> {
    match name {
        "active" => Ok(MemberStatus::Active),
        "closed" => Ok(MemberStatus::Closed),
        "merged" => Ok(MemberStatus::Merged),
        "erased" => Ok(MemberStatus::Erased),
        _ => Err(Problem::internal(
            &"a member of an unknown status is stored",
        )),
    }
}

fn sealed<T: Serialize>(key: &DataKey, field: &str, value: &T) -> Result<Vec<u8>, Problem> {
    key.seal(field, written(value)?.as_bytes())
        .map_err(|error| Problem::internal(&error))
}

fn opened<T: DeserializeOwned>(key: &DataKey, field: &str, sealed: &[u8]) -> Result<T, Problem> {
    let plain = key
        .open(field, sealed)
        .map_err(|error| Problem::internal(&error))?;
    read(&plain)
}

fn written<T: Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|error| Problem::internal(&error))
}

/// The reader's own words may quote what is personal, so they stay out of the log.
fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(text)
        .map_err(|_unreadable| Problem::internal(&"a stored member can't be read"))
}

/// A statement that touched another number of rows than decided must not be committed.
pub(super) fn expect(found: usize, expected: usize) -> Result<(), DbError> {
    if found == expected {
        return Ok(());
    }
    Err(DbError::Failed(format!(
        "{found} rows were written instead of {expected}"
    )))
}
