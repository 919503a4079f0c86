//! What a key may do, as values in the database and as types in a handler's arguments.

use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Declares the scopes: variant, text and the type that demands it.
macro_rules! scopes {
    ($($(#[$doc:meta])* $name:ident $text:literal;)*) => {
        /// What a key may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Scope {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Scope {
            /// Every scope, in the order in which they are shown.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The text in keys and documents.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The scope with this text.
            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|scope| scope.as_str() == text)
            }
        }

        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub struct $name;

            impl Demand for $name {
                fn demanded() -> Vec<Scope> {
                    vec![Scope::$name]
                }

                fn is_met(scopes: Scopes) -> bool {
                    scopes.contains(Scope::$name)
                }
            }
        )*
    };
}

scopes! {
    /// Record purchases, returns and voids.
    PurchasesWrite "purchases:write";
    /// Read purchases and transactions.
    PurchasesRead "purchases:read";
    /// Enrol and change members.
    MembersWrite "members:write";
    /// Read members, balances and statements.
    MembersRead "members:read";
    /// Give and take points by hand.
    PointsAdjust "points:adjust";
    /// Spend and hold points.
    RedemptionsWrite "redemptions:write";
    /// Read drafts and versions of the program.
    ProgramRead "program:read";
    /// Change and publish the program.
    ProgramWrite "program:write";
    /// Read reports.
    AnalyticsRead "analytics:read";
    /// Make, rotate and revoke keys.
    KeysAdmin "keys:admin";
    /// Manage webhooks and events.
    WebhooksAdmin "webhooks:admin";
    /// Change the tenant's settings and stores.
    TenantAdmin "tenant:admin";
}

// By hand, since a derived schema does not see the texts in the macro.
impl PartialSchema for Scope {
    fn schema() -> RefOr<Schema> {
        let names = Self::ALL.iter().map(|scope| scope.as_str());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("What a key may do."))
            .enum_values(Some(names))
            .build()
            .into()
    }
}

impl ToSchema for Scope {}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scopes(u32);

impl Scopes {
    /// Every scope there is.
    pub fn all() -> Self {
        Scope::ALL.iter().copied().collect()
    }

    /// The known ones among these names; a name that is gone grants nothing.
    pub fn from_names(names: &[String]) -> Self {
        names.iter().filter_map(|name| Scope::named(name)).collect()
    }

    /// Whether the scope is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// The scopes that are in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The scopes in the order in which they are shown.
    pub fn to_vec(self) -> Vec<Scope> {
        Scope::ALL
            .iter()
            .copied()
            .filter(|scope| self.contains(*scope))
            .collect()
    }

    /// The names as they are stored.
    pub fn names(self) -> Vec<String> {
        self.to_vec()
            .into_iter()
            .map(|scope| scope.as_str().to_owned())
            .collect()
    }

    const fn bit(scope: Scope) -> u32 {
        match scope {
            Scope::PurchasesWrite => 1,
            Scope::PurchasesRead => 1 << 1,
            Scope::MembersWrite => 1 << 2,
            Scope::MembersRead => 1 << 3,
            Scope::PointsAdjust => 1 << 4,
            Scope::RedemptionsWrite => 1 << 5,
            Scope::ProgramRead => 1 << 6,
            Scope::ProgramWrite => 1 << 7,
            Scope::AnalyticsRead => 1 << 8,
            Scope::KeysAdmin => 1 << 9,
            Scope::WebhooksAdmin => 1 << 10,
            Scope::TenantAdmin => 1 << 11,
        }
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(
            scopes
                .into_iter()
                .fold(0, |set, scope| set | Self::bit(scope)),
        )
    }
}

/// What an operation demands of a key; a type, so that a handler can't forget it.
pub trait Demand: 'static {
    /// The scopes of which one is needed; empty: any valid key will do.
    fn demanded() -> Vec<Scope>;

    /// Whether a key with these scopes may.
    fn is_met(scopes: Scopes) -> bool;
}

/// Any valid key will do.
#[derive(Debug, Clone, Copy)]
pub struct AnyScope;

impl Demand for AnyScope {
    fn demanded() -> Vec<Scope> {
        Vec::new()
    }

    fn is_met(_scopes: Scopes) -> bool {
        true
    }
}

/// Either of two will do.
#[derive(Debug, Clone, Copy)]
pub struct AnyOf<A, B>(PhantomData<(A, B)>);

impl<A: Demand, B: Demand> Demand for AnyOf<A, B> {
    fn demanded() -> Vec<Scope> {
        let mut scopes = A::demanded();
        scopes.extend(B::demanded());
        scopes
    }

    fn is_met(scopes: Scopes) -> bool {
        A::is_met(scopes) || B::is_met(scopes)
    }
}

#[cfg(test)]
mod tests;
