//! Tenants and members written by the owner, for as long as nothing makes them over HTTP.

use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use domain::id::{MemberId, TenantId};
use tokio_postgres::Client;

use super::tenant::Spec;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The public id, the number and an all-scopes key of a new tenant.
pub(crate) async fn tenant(owner: &Client, spec: &Spec) -> (TenantId, i64, String) {
    let id = api::clock::new_id();
    let insert = "insert into tenants (public_id, name, currency, time_zone, business_day_cutover, prices_include_tax,
            default_tax_percent, tax_rounding, points_paid_as, receipt_max_future_minutes, earn_before_enrolment,
            created_at, changed_at)
        values ($1::text::uuid, 'Test', 'JPY', 'Asia/Tokyo', '05:00', true, 0, 'floor', 'tender', 5, true, now(), now())
        returning id";
    let row = owner.query_one(insert, &[&id.to_string()]).await.unwrap();
    let number: i64 = row.get(0);
    let anchor = format!("insert into tenant_keys (tenant_id) values ({number})");
    owner.batch_execute(&anchor).await.unwrap();
    for code in &spec.stores {
        let insert = format!(
            "insert into stores (tenant_id, id, code, name, created_at) values ({number}, '{}', '{code}', '{code}', now())",
            api::clock::new_id()
        );
        owner.batch_execute(&insert).await.unwrap();
    }
    if let Some(program) = &spec.program {
        let insert = "insert into program_versions (tenant_id, version, document, effective_from, published_at, published_by)
            values ($1, 1, $2::text::json, '2020-01-01', now(), $3::text::uuid)";
        let binds: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&number, &program.to_string(), &id.to_string()];
        owner.execute(insert, &binds).await.unwrap();
    }
    let key = key(owner, number).await;
    (TenantId::from_uuid(id), number, key)
}

/// A member that is nothing but an id and a ledger.
pub(crate) async fn member(owner: &Client, tenant: i64) -> String {
    let id = api::clock::new_id();
    let insert = format!(
        "insert into members (tenant_id, id, enrolled_at, attributes, consents, created_at)
            values ({tenant}, '{id}', now(), '{{}}', '{{}}', now());
         insert into member_ledgers (tenant_id, member_id, last_recorded_at) values ({tenant}, '{id}', now())"
    );
    owner.batch_execute(&insert).await.unwrap();
    MemberId::from_uuid(id).to_string()
}

async fn key(owner: &Client, tenant: i64) -> String {
    let id = api::clock::new_id();
    let public = domain::id::ApiKeyId::from_uuid(id).to_string();
    let mut secret = [0; 40];
    api::clock::fill_random(&mut secret).unwrap();
    let secret: String = secret.iter().map(|byte| symbol(u32::from(*byte))).collect();
    let body = format!("tmr_live_{}_{secret}", public.trim_start_matches("key_"));
    let mut crc = flate2::Crc::new();
    crc.update(body.as_bytes());
    let check: String = (0..7_u32)
        .rev()
        .map(|place| symbol((u64::from(crc.sum()) >> (5 * place)) as u32))
        .collect();
    let key = format!("{body}{check}");
    let cheap = Params::new(1024, 1, 1, None).unwrap();
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, cheap);
    let hash: argon2::password_hash::phc::PasswordHash = hasher
        .hash_password_with_salt(key.as_bytes(), b"salt of the tests")
        .unwrap();
    let scopes: Vec<&str> = api::auth::scope::Scope::ALL
        .iter()
        .map(|scope| scope.as_str())
        .collect();
    let insert = "insert into api_keys (id, tenant_id, name, secret_hash, last_four, scopes, created_at, changed_at)
        values ($1::text::uuid, $2, 'test', $3, '....', $4, now(), now())";
    let binds: [&(dyn tokio_postgres::types::ToSql + Sync); 4] =
        [&id.to_string(), &tenant, &hash.to_string(), &scopes];
    owner.execute(insert, &binds).await.unwrap();
    key
}

fn symbol(bits: u32) -> char {
    char::from(ALPHABET[(bits & 31) as usize])
}
