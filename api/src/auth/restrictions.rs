//! What a key may not do although its scopes allow it. A key that is stolen or given to another
//! company is worth no more than what these leave of it.

use domain::amount::Points;
use domain::fault::{Fault, FaultCode};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemKind};

use super::address::AddressRange;
use super::scope::{Scope, Scopes};

/// Stores that one key may name.
pub const MAX_STORES: usize = 1_000;
/// Addresses and ranges that one key may name.
pub const MAX_ADDRESSES: usize = 100;
/// The most requests per second that a key may be limited to.
const MAX_REQUESTS_PER_SECOND: u32 = 1_000_000;

/// Scopes whose operations concern the whole tenant, so that a key for some stores can't hold them.
const TENANT_WIDE: [Scope; 5] = [
    Scope::ProgramWrite,
    Scope::AnalyticsRead,
    Scope::KeysAdmin,
    Scope::WebhooksAdmin,
    Scope::TenantAdmin,
];

/// Limits of one key beside its scopes. What is null is not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Restrictions {
    /// Codes of the only stores whose receipts and redemptions it may send and read.
    #[serde(default)]
    pub stores: Option<Vec<String>>,
    /// The only client addresses from which it works.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, examples(json!(["203.0.113.7", "2001:db8::/32"])))]
    pub addresses: Option<Vec<AddressRange>>,
    /// The most points that one call may move by hand, e.g. by a redemption or in payment of a receipt, each of which
    /// counts alone in a batch.
    #[serde(default)]
    pub max_points_per_call: Option<Points>,
    /// The most points that it may move by hand in one business day of the tenant.
    #[serde(default)]
    pub max_points_per_day: Option<Points>,
    /// Its own limit of requests per second, beside that of the tenant.
    #[serde(default)]
    pub requests_per_second: Option<u32>,
}

fn not_granted(detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::NotGranted, detail)
}

impl Restrictions {
    /// Everything that is wrong with them, for a key with these scopes.
    pub(crate) fn faults(&self, scopes: Scopes) -> Vec<Fault> {
        let mut faults = list_faults("/stores", self.stores.as_deref(), MAX_STORES);
        faults.extend(list_faults(
            "/addresses",
            self.addresses.as_deref(),
            MAX_ADDRESSES,
        ));
        let mut wrong = |pointer: &str, code, detail: String| {
            faults.push(Fault::new(pointer, code, detail));
        };
        let wide = TENANT_WIDE.iter().find(|scope| scopes.contains(**scope));
        if let (Some(_), Some(scope)) = (&self.stores, wide) {
            let detail = format!(
                "`{}` concerns the whole tenant, so a key for some stores can't have it.",
                scope.as_str()
            );
            wrong("/stores", FaultCode::InvalidValue, detail);
        }
        let points = [
            ("/max_points_per_call", self.max_points_per_call),
            ("/max_points_per_day", self.max_points_per_day),
        ];
        for (pointer, limit) in points {
            let Some(limit) = limit else { continue };
            if !(0..=Points::MAX_BALANCE.get()).contains(&limit.get()) {
                let detail = format!("Use 0 to {} points.", Points::MAX_BALANCE.get());
                wrong(pointer, FaultCode::OutOfRange, detail);
            }
            if scopes.contains(Scope::KeysAdmin) {
                let detail = "A key with `keys:admin` could make others, so a limit of points would limit nothing.";
                wrong(pointer, FaultCode::InvalidValue, detail.to_owned());
            }
        }
        if self
            .requests_per_second
            .is_some_and(|limit| !(1..=MAX_REQUESTS_PER_SECOND).contains(&limit))
        {
            let detail = "Use 1 to 1000000 requests per second.".to_owned();
            wrong("/requests_per_second", FaultCode::OutOfRange, detail);
        }
        faults
    }

    /// The restrictions of a key that a key with `own` makes: what it leaves open it takes over,
    /// and it can't go beyond.
    pub(crate) fn granted_by(self, own: &Self) -> Result<Self, Problem> {
        let narrower = |wanted: Option<Points>, own: Option<Points>| match (wanted, own) {
            (None, own) => Ok(own),
            (Some(wanted), Some(own)) if wanted > own => Err(not_granted(
                "The calling key may move fewer points than that, so it can't grant more.",
            )),
            (wanted, _) => Ok(wanted),
        };
        let requests_per_second = match (self.requests_per_second, own.requests_per_second) {
            (Some(wanted), Some(own)) => Some(wanted.min(own)),
            (wanted, own) => wanted.or(own),
        };
        Ok(Self {
            stores: subset(self.stores, own.stores.as_ref(), |wanted, own| {
                wanted == own
            })?,
            addresses: subset(
                self.addresses,
                own.addresses.as_ref(),
                AddressRange::is_within,
            )?,
            max_points_per_call: narrower(self.max_points_per_call, own.max_points_per_call)?,
            max_points_per_day: narrower(self.max_points_per_day, own.max_points_per_day)?,
            requests_per_second,
        })
    }

    /// Whether the key may act for the store with this code.
    pub(crate) fn check_store(&self, code: &str) -> Result<(), Problem> {
        match &self.stores {
            Some(stores) if !stores.iter().any(|store| store == code) => Err(not_granted(
                "The key is for other stores; use a key for this one.",
            )),
            _ => Ok(()),
        }
    }

    /// Whether the key may act where a store need not be named.
    pub(crate) fn check_named_store(&self, code: Option<&str>) -> Result<(), Problem> {
        match (code, &self.stores) {
            (Some(code), _) => self.check_store(code),
            (None, None) => Ok(()),
            (None, Some(_)) => Err(not_granted(
                "The key is for some stores only, so name the `store`.",
            )),
        }
    }

    /// Whether the key may see and change what belongs to the store with this code, or to none.
    pub(crate) fn check_store_of(&self, code: Option<&str>) -> Result<(), Problem> {
        match (code, &self.stores) {
            (Some(code), _) => self.check_store(code),
            (None, None) => Ok(()),
            (None, Some(_)) => Err(not_granted(
                "The key is for some stores only, and this belongs to none of them.",
            )),
        }
    }

    /// Whether the key may move so many points in one call, in either direction.
    pub(crate) fn check_points(&self, points: Points) -> Result<(), Problem> {
        match self.max_points_per_call {
            Some(limit) if points.get().unsigned_abs() > limit.get().unsigned_abs() => {
                Err(not_granted(format!(
                    "The key may move at most {} points in one call.",
                    limit.get()
                )))
            }
            _ => Ok(()),
        }
    }

    /// Whether the key works from this client; an address that can't be told is none of the allowed.
    pub(crate) fn check_address(&self, client: Option<std::net::IpAddr>) -> Result<(), Problem> {
        let Some(ranges) = &self.addresses else {
            return Ok(());
        };
        let is_allowed = client.is_some_and(|client| {
            let holds = |AddressRange(range): &AddressRange| IpNet::contains(range, &client);
            ranges.iter().any(holds)
        });
        if is_allowed {
            Ok(())
        } else {
            Err(Problem::new(
                ProblemKind::AddressNotAllowed,
                "The key works from certain addresses only, and the request came from another.",
            ))
        }
    }
}

fn list_faults<T: PartialEq>(pointer: &str, list: Option<&[T]>, most: usize) -> Vec<Fault> {
    let Some(list) = list else {
        return Vec::new();
    };
    let mut faults = Vec::new();
    let mut wrong = |code, detail: String| faults.push(Fault::new(pointer, code, detail));
    if list.is_empty() {
        let detail = "Name at least one, or leave the list out.";
        wrong(FaultCode::Empty, detail.to_owned());
    }
    if list.len() > most {
        wrong(FaultCode::TooMany, format!("Name at most {most}."));
        return faults;
    }
    let is_twice =
        |(index, entry): (usize, &T)| list.iter().skip(index).skip(1).any(|other| other == entry);
    if list.iter().enumerate().any(is_twice) {
        wrong(FaultCode::Duplicate, "Name each once.".to_owned());
    }
    faults
}

fn subset<T: Clone>(
    wanted: Option<Vec<T>>,
    own: Option<&Vec<T>>,
    is_within: impl Fn(&T, &T) -> bool,
) -> Result<Option<Vec<T>>, Problem> {
    let Some(own) = own else { return Ok(wanted) };
    let Some(wanted) = wanted else {
        return Ok(Some(own.clone()));
    };
    let is_granted = |entry: &T| own.iter().any(|granted| is_within(entry, granted));
    if wanted.iter().all(is_granted) {
        Ok(Some(wanted))
    } else {
        Err(not_granted(
            "The calling key is restricted itself, so it can't grant more than it has.",
        ))
    }
}

#[cfg(test)]
mod tests;
