//! Which calls are compared.

use std::{borrow::Cow, sync::Arc};

use flate2::Crc;
use rand::{RngExt, SeedableRng, rngs::Xoshiro256PlusPlus};
use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::{
    clock,
    connection::{Call, Connection, Method, bearer},
    cutover::number_of,
    failure::Failure,
    stack::Stack,
    world::{self, STORE, Tenant, WALLET, parse},
};

/// As in ids and keys.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// The characters of an id that are random whatever the moment in which it was made.
const RANDOM_CHARACTERS: usize = 12;
const SECRET_CHARACTERS: usize = 40;
const CHECK_CHARACTERS: usize = 7;
/// Members of each tenant, each with one purchase: as many different ids of each kind.
const MEMBERS: u32 = 64;

/// Two kinds of calls that nobody should tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum PairName {
    /// Members: another tenant's id and one that nobody has
    Member,
    /// Purchases: another tenant's id and one that nobody has
    Purchase,
    /// Look-ups: a phone that only another tenant knows and one that nobody knows
    ForeignPhone,
    /// Look-ups: a phone that the tenant knows and one that nobody knows
    OwnPhone,
    /// A key id that is known, with a wrong secret, and one that is not
    Key,
}

impl PairName {
    pub(super) const ALL: [Self; 5] = [
        Self::Member,
        Self::Purchase,
        Self::ForeignPhone,
        Self::OwnPhone,
        Self::Key,
    ];

    pub(super) const fn description(self) -> &'static str {
        match self {
            Self::Member => "member of another tenant, unused id",
            Self::Purchase => "purchase of another tenant, unused id",
            Self::ForeignPhone => "phone of another tenant, unused phone",
            Self::OwnPhone => "phone of the tenant, unused phone",
            Self::Key => "known key id with a wrong secret, unknown key id",
        }
    }

    /// A caller who may look phones up is told whose a phone is, which takes its time; the time tells nothing beside.
    pub(super) const fn is_told_by_the_answer(self) -> bool {
        matches!(self, Self::OwnPhone)
    }
}

/// One kind of call.
pub(super) struct Side {
    calls: Vec<Call>,
    /// How each is answered.
    pub(super) status: u16,
}

impl Side {
    /// The call of a turn.
    pub(super) fn call(&self, turn: u32) -> Result<&Call, Failure> {
        let turn = usize::try_from(turn).unwrap_or_default();
        let index = turn.checked_rem(self.calls.len()).unwrap_or_default();
        let call = self.calls.get(index);
        call.ok_or_else(|| Failure::other("there is nothing to call"))
    }
}

/// Both kinds.
pub(super) struct Pair {
    pub(super) one: Side,
    pub(super) other: Side,
}

/// What is known of a tenant.
struct Ids {
    tenant: Tenant,
    members: Vec<String>,
    purchases: Vec<String>,
    phones: Vec<String>,
}

/// The tenant that asks, and the one that it must learn nothing of.
pub(super) struct Shop {
    ours: Ids,
    theirs: Ids,
    administrator: Client,
}

impl Shop {
    /// Makes both.
    pub(super) async fn open(stack: &Stack) -> Result<Self, Failure> {
        Ok(Self {
            ours: fill(stack, "+819011").await?,
            theirs: fill(stack, "+819022").await?,
            administrator: stack.administrator().await?,
        })
    }

    /// The calls of a pair for so many turns.
    pub(super) async fn pair(&self, name: PairName, turns: u32) -> Result<Pair, Failure> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(7);
        let unused = |ids: &[String], random: &mut Xoshiro256PlusPlus| -> Vec<String> {
            ids.iter().map(|id| another(id, random)).collect()
        };
        let nobodys = phones("+819033");
        Ok(match name {
            PairName::Member => {
                let theirs = &self.theirs.members;
                let path = "/v1/members/";
                self.reads(path, theirs, &unused(theirs, &mut random))
            }
            PairName::Purchase => {
                let theirs = &self.theirs.purchases;
                let path = "/v1/purchases/";
                self.reads(path, theirs, &unused(theirs, &mut random))
            }
            PairName::ForeignPhone => self.look_ups((&self.theirs.phones, 422), (&nobodys, 422)),
            PairName::OwnPhone => self.look_ups((&self.ours.phones, 200), (&nobodys, 422)),
            PairName::Key => self.keys(turns, &mut random).await?,
        })
    }

    fn reads(&self, path: &str, theirs: &[String], unused: &[String]) -> Pair {
        let side = |ids: &[String]| {
            let call = |id: &String| Call {
                method: Method::Get,
                path: Cow::Owned(format!("{path}{id}")),
                secret: Arc::clone(&self.ours.tenant.secret),
                key: None,
                body: String::new(),
            };
            let calls = ids.iter().map(call).collect();
            Side { calls, status: 404 }
        };
        Pair {
            one: side(theirs),
            other: side(unused),
        }
    }

    fn look_ups(&self, one: (&[String], u16), other: (&[String], u16)) -> Pair {
        let side = |(phones, status): (&[String], u16)| {
            let call = |phone: &String| Call {
                method: Method::Post,
                path: Cow::Borrowed("/v1/members/lookup"),
                secret: Arc::clone(&self.ours.tenant.secret),
                key: None,
                body: json!({"member": {"phone": phone}}).to_string(),
            };
            let calls = phones.iter().map(call).collect();
            Side { calls, status }
        };
        Pair {
            one: side(one),
            other: side(other),
        }
    }

    /// Each call has a key id of its own: five wrong secrets for one would be answered without a look at the sixth.
    async fn keys(&self, turns: u32, random: &mut Xoshiro256PlusPlus) -> Result<Pair, Failure> {
        let rest = self.ours.tenant.secret.strip_prefix("tmr_live_");
        let pattern = rest.and_then(|rest| rest.split_once('_'));
        let (pattern, _) = pattern.ok_or_else(|| Failure::other("keys have another form"))?;
        let ids = |random: &mut Xoshiro256PlusPlus| -> Vec<String> {
            (0..turns).map(|_| another(pattern, random)).collect()
        };
        let (known, unknown) = (ids(random), ids(random));
        let tenant = number_of(&self.administrator, &self.theirs.tenant.id).await?;
        let numbers: Vec<String> = known.iter().map(|id| hexadecimal(id)).collect();
        let copy = "insert into api_keys (id, tenant_id, name, secret_hash, last_four, scopes, created_at, changed_at)
            select given.id::uuid, k.tenant_id, k.name, k.secret_hash, k.last_four, k.scopes, k.created_at, k.changed_at
            from (select * from api_keys where tenant_id = $1 limit 1) k, unnest($2::text[]) given(id)";
        self.administrator
            .execute(copy, &[&tenant, &numbers])
            .await?;
        self.administrator
            .batch_execute("vacuum analyze api_keys")
            .await?;
        let mut side = |ids: &[String]| -> Result<Side, Failure> {
            let calls = ids.iter().map(|id| with_key(id, random));
            let calls = calls.collect::<Result<Vec<Call>, Failure>>()?;
            Ok(Side { calls, status: 401 })
        };
        Ok(Pair {
            one: side(&known)?,
            other: side(&unknown)?,
        })
    }
}

fn with_key(id: &str, random: &mut Xoshiro256PlusPlus) -> Result<Call, Failure> {
    let body = format!("tmr_live_{id}_{}", letters(SECRET_CHARACTERS, random));
    let mut check = Crc::new();
    check.update(body.as_bytes());
    let mut bits = check.sum();
    let mut characters = [b'0'; CHECK_CHARACTERS];
    for character in characters.iter_mut().rev() {
        *character = letter(bits & 31);
        bits >>= 5;
    }
    Ok(Call {
        method: Method::Get,
        path: Cow::Borrowed("/v1/stores"),
        secret: bearer(&format!("{body}{}", String::from_utf8_lossy(&characters)))?,
        key: None,
        body: String::new(),
    })
}

/// Another id made in the same moment.
fn another(id: &str, random: &mut Xoshiro256PlusPlus) -> String {
    let kept = id.len().saturating_sub(RANDOM_CHARACTERS);
    let kept = id.get(..kept).unwrap_or_default();
    format!("{kept}{}", letters(RANDOM_CHARACTERS, random))
}

fn letters(number: usize, random: &mut Xoshiro256PlusPlus) -> String {
    let letter = |_| char::from(letter(random.random_range(0..32)));
    (0..number).map(letter).collect()
}

fn letter(five_bits: u32) -> u8 {
    let index = usize::try_from(five_bits).unwrap_or_default();
    ALPHABET.get(index).copied().unwrap_or(b'0')
}

/// The number behind the characters of an id.
fn hexadecimal(id: &str) -> String {
    let value = |character: u8| ALPHABET.iter().position(|known| *known == character);
    let bits = id.bytes().fold(0_u128, |bits, character| {
        let value = value(character).and_then(|value| u128::try_from(value).ok());
        (bits << 5) | value.unwrap_or_default()
    });
    format!("{bits:032x}")
}

fn phones(start: &str) -> Vec<String> {
    (0..MEMBERS)
        .map(|number| format!("{start}{number:06}"))
        .collect()
}

/// A tenant with a store, a program, members with phones, and a purchase of each.
async fn fill(stack: &Stack, start: &str) -> Result<Ids, Failure> {
    let program = json!({
        "wallets": [{"code": WALLET, "name": "Points"}],
        "earn_rules": [{"code": "base", "wallet": WALLET,
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
    });
    let tenant = world::make_one(&stack.url, &stack.operator_key, &program).await?;
    let mut connection = Connection::new(stack.url.clone(), std::time::Duration::from_secs(30));
    let store = json!({"code": STORE, "name": "Load"});
    let mut post = async |path: &str, body: &Value, key: Option<String>| {
        let call = Call {
            method: Method::Post,
            path: Cow::Owned(path.to_owned()),
            secret: Arc::clone(&tenant.secret),
            key,
            body: body.to_string(),
        };
        let reply = connection.send(&call).await;
        let reply = reply.map_err(|none| Failure::other(none.name()))?;
        let made: Value = parse(reply.body, path)?;
        let id = made.get("id").and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| Failure::Refused {
            what: format!("POST {path}"),
            status: reply.status,
            body: reply.excerpt(),
        })
    };
    post("/v1/stores", &store, None).await?;
    let (mut members, mut purchases) = (Vec::new(), Vec::new());
    let phones = phones(start);
    for (number, phone) in phones.iter().enumerate() {
        let member = post("/v1/members", &json!({"phones": [phone]}), None).await?;
        let receipt = json!({"store": STORE, "receipt_number": number.to_string(), "occurred_at": clock::now(),
            "member": {"id": member}, "lines": [{"quantity": 1, "amount": 500}]});
        let key = Some(format!("timing-{number}"));
        purchases.push(post("/v1/purchases", &receipt, key).await?);
        members.push(member);
    }
    Ok(Ids {
        tenant,
        members,
        purchases,
        phones,
    })
}

#[cfg(test)]
mod tests {
    use super::hexadecimal;

    #[test]
    fn an_id_is_the_number_that_the_database_keeps() {
        assert_eq!(hexadecimal("7zzzzzzzzzzzzzzzzzzzzzzzzz"), "f".repeat(32));
        assert_eq!(
            hexadecimal("0000000000000000000000000z"),
            format!("{:032x}", 31)
        );
    }
}
