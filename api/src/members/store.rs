//! The members' statements.

use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid,
};
use uuid::Uuid;

use crate::db::time::SqlInstant;
use crate::statement;

statement! {
    /// The tenant's currency, the ledger's time, the database's, by which keys are kept, and whether somebody wants to
    /// hear of events.
    tenant TenantNow = "select t.currency, t.time_zone, coalesce(k.test_clock, clock_timestamp()), clock_timestamp(),
            k.webhooks_since is not null
        from tenants t join tenant_keys k on k.tenant_id = $1 where t.id = $1";
    { tenant: i64 => BigInt }
    -> { String => Text, String => Text, SqlInstant => Timestamptz, SqlInstant => Timestamptz, bool => Bool }
}

statement! {
    /// Whether the tenant has the store, where one is named, and the member, where one is named.
    tenant References = "select
            exists (select 1 from stores s where s.tenant_id = $1 and s.code = $2),
            exists (select 1 from members m where m.tenant_id = $1 and m.id = $3)";
    { tenant: i64 => BigInt, store: Option<String> => Nullable<Text>, member: Option<Uuid> => Nullable<SqlUuid> }
    -> { bool => Bool, bool => Bool }
}

statement! {
    /// A new member.
    tenant InsertMember = "insert into members
            (tenant_id, id, enrolled_at, store, referred_by, attributes, consents, created_at)
        select k.tenant_id, $2, $3, $4, $5, $6::json, $7::json, $8
        from tenant_keys k where k.tenant_id = $1";
    {
        tenant: i64 => BigInt, id: Uuid => SqlUuid, enrolled_at: SqlInstant => Timestamptz,
        store: Option<String> => Nullable<Text>, referred_by: Option<Uuid> => Nullable<SqlUuid>,
        attributes: String => Text, consents: String => Text, created_at: SqlInstant => Timestamptz,
    }
}

statement! {
    /// The row that the ledger locks; version 0.
    tenant InsertLedger = "insert into member_ledgers (tenant_id, member_id, version, last_recorded_at, status, enrolled_at)
        select k.tenant_id, $2, 0, $3, 'active', $4 from tenant_keys k where k.tenant_id = $1";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, recorded_at: SqlInstant => Timestamptz,
      enrolled_at: SqlInstant => Timestamptz }
}

statement! {
    /// The sealed profile with its key.
    tenant InsertProfile = "insert into member_profiles (tenant_id, member_id, wrapped_key, sealed)
        select k.tenant_id, $2, $3, $4 from tenant_keys k where k.tenant_id = $1";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, wrapped_key: Vec<u8> => Binary, sealed: Vec<u8> => Binary }
}

statement! {
    /// What a member is found by. An identifier that another member has aborts the transaction.
    tenant InsertIdentifiers = "insert into member_identifiers
            (tenant_id, look_up, kind, member_id, sealed, created_at)
        select k.tenant_id, u.look_up, u.kind, $2, u.sealed, u.created_at
        from tenant_keys k, unnest($3, $4, $5, $6) u (look_up, kind, sealed, created_at)
        where k.tenant_id = $1";
    {
        tenant: i64 => BigInt, member: Uuid => SqlUuid, look_ups: Vec<Uuid> => Array<SqlUuid>,
        kinds: Vec<String> => Array<Text>, sealed: Vec<Vec<u8>> => Array<Binary>,
        created_at: Vec<SqlInstant> => Array<Timestamptz>,
    }
}

statement! {
    /// Make the next change of the member wait.
    tenant LockMember = "select revision from members
        where tenant_id = $1 and id = $2 for no key update";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> { i64 => BigInt }
}

statement! {
    /// A member without identifiers. The key and the profile are absent once it was erased.
    tenant MemberById = "select m.status, m.enrolled_at, m.store, m.referred_by, m.attributes::text,
            m.consents::text, m.revision, m.created_at, l.version, p.wrapped_key, p.sealed
        from members m
        join member_ledgers l on l.tenant_id = $1 and l.member_id = m.id
        left join member_profiles p on p.tenant_id = $1 and p.member_id = m.id
        where m.tenant_id = $1 and m.id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
    -> {
        String => Text, SqlInstant => Timestamptz, Option<String> => Nullable<Text>,
        Option<Uuid> => Nullable<SqlUuid>, String => Text, String => Text, i64 => BigInt,
        SqlInstant => Timestamptz, i64 => BigInt, Option<Vec<u8>> => Nullable<Binary>,
        Option<Vec<u8>> => Nullable<Binary>,
    }
}

statement! {
    /// What the member is found by.
    tenant IdentifiersOfMember = "select look_up, kind, sealed, created_at from member_identifiers
        where tenant_id = $1 and member_id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, String => Text, Vec<u8> => Binary, SqlInstant => Timestamptz }
}

statement! {
    /// What is not personal, changed; the revision goes up. The ledger knows too since when somebody is a member.
    tenant UpdateMember = "with standing as (
            update member_ledgers set enrolled_at = $3 where tenant_id = $1 and member_id = $2 and enrolled_at <> $3)
        update members set enrolled_at = $3, store = $4, referred_by = $5,
            attributes = $6::json, consents = $7::json, revision = revision + 1
        where tenant_id = $1 and id = $2";
    {
        tenant: i64 => BigInt, id: Uuid => SqlUuid, enrolled_at: SqlInstant => Timestamptz,
        store: Option<String> => Nullable<Text>, referred_by: Option<Uuid> => Nullable<SqlUuid>,
        attributes: String => Text, consents: String => Text,
    }
}

statement! {
    /// The profile sealed anew.
    tenant UpdateProfile = "update member_profiles set sealed = $3 where tenant_id = $1 and member_id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid, sealed: Vec<u8> => Binary }
}

statement! {
    /// Everything that the member is found by, to be written anew in the same transaction.
    tenant DeleteIdentifiers = "delete from member_identifiers where tenant_id = $1 and member_id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
}

statement! {
    /// What was made under a key, and when by the tenant's time.
    tenant KnownKey = "select k.content_hash, k.subject, coalesce(m.created_at, k.recorded_at)
        from idempotency_keys k left join members m on m.tenant_id = $1 and m.id = k.subject
        where k.tenant_id = $1 and k.key = $2";
    { tenant: i64 => BigInt, key: Uuid => SqlUuid }
    -> { Uuid => SqlUuid, Option<Uuid> => Nullable<SqlUuid>, SqlInstant => Timestamptz }
}

statement! {
    /// Keep a key. One that was used meanwhile aborts the transaction.
    tenant InsertKey = "insert into idempotency_keys (tenant_id, key, content_hash, subject, recorded_at)
        select k.tenant_id, $2, $3, $4, $5 from tenant_keys k where k.tenant_id = $1";
    {
        tenant: i64 => BigInt, key: Uuid => SqlUuid, content_hash: Uuid => SqlUuid,
        subject: Uuid => SqlUuid, recorded_at: SqlInstant => Timestamptz,
    }
}

statement! {
    /// Make the next batch with the member wait.
    tenant LockLedger = "select version from member_ledgers where tenant_id = $1 and member_id = $2 for no key update";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
    -> { i64 => BigInt }
}

statement! {
    /// End a membership, in the ledger too.
    tenant CloseMember = "with standing as (
            update member_ledgers set status = 'closed' where tenant_id = $1 and member_id = $2)
        update members set status = 'closed', revision = revision + 1 where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
}

statement! {
    /// Leave nothing of a member but its place in the ledger.
    tenant EraseMember = "with standing as (
            update member_ledgers set status = 'erased' where tenant_id = $1 and member_id = $2)
        update members set status = 'erased', attributes = '{}', consents = '{}', referred_by = null,
            revision = revision + 1
        where tenant_id = $1 and id = $2";
    { tenant: i64 => BigInt, id: Uuid => SqlUuid }
}

statement! {
    /// The key and what is sealed under it.
    tenant DeleteProfile = "delete from member_profiles where tenant_id = $1 and member_id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
}

statement! {
    /// When and where the member agreed to what.
    tenant DeleteConsentChanges = "delete from consent_changes where tenant_id = $1 and member_id = $2";
    { tenant: i64 => BigInt, member: Uuid => SqlUuid }
}

statement! {
    /// Consents that changed with a revision of the member.
    tenant InsertConsentChanges = "insert into consent_changes
            (tenant_id, member_id, consent, revision, granted, source, recorded_at, actor)
        select k.tenant_id, $2, u.consent, $3, u.granted, $4, $5, $6
        from tenant_keys k, unnest($7, $8) u (consent, granted) where k.tenant_id = $1";
    {
        tenant: i64 => BigInt, member: Uuid => SqlUuid, revision: i64 => BigInt, source: Option<String> => Nullable<Text>,
        recorded_at: SqlInstant => Timestamptz, actor: Uuid => SqlUuid, consent: Vec<String> => Array<Text>,
        granted: Vec<Option<bool>> => Array<Nullable<Bool>>,
    }
}
