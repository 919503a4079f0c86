//! Statements with fixed text: prepared once per connection and kept in words that can be explained by hand.
//!
//! ```text
//! statement! {
//!     /// The stores of the tenant.
//!     tenant AllStores = "select id, code from stores where tenant_id = $1 order by code";
//!     { tenant: i64 => BigInt }
//!     -> { uuid::Uuid => Uuid, String => Text }
//! }
//! let rows = AllStores { tenant: tx.number() }.all(&tx).await?;
//! let only = StoreByCode { tenant: tx.number(), code }.all(&tx).await?.pop();
//! ```
//! The fields are bound in order, so the first uses of `$1`, `$2`, … must ascend; a field of a
//! later use is the same `$n` again.

use diesel::pg::Pg;
use diesel::query_builder::AstPass;

/// Walks a statement's text from bind to bind.
#[derive(Debug)]
pub struct StatementText {
    rest: &'static str,
    next_bind: usize,
}

impl StatementText {
    /// Start at the beginning.
    pub const fn new(text: &'static str) -> Self {
        Self {
            rest: text,
            next_bind: 1,
        }
    }

    /// Push the text up to the first use of the next bind, and pass over its `$n`.
    #[must_use]
    pub fn up_to_next_bind(self, out: &mut AstPass<'_, '_, Pg>) -> Self {
        let marker = format!("${}", self.next_bind);
        let next_bind = self.next_bind.saturating_add(1);
        match self.rest.split_once(&marker) {
            Some((before, after)) => {
                out.push_sql(before);
                Self {
                    rest: after,
                    next_bind,
                }
            }
            None => Self {
                rest: self.rest,
                next_bind,
            },
        }
    }

    /// Push what is left after the last bind; later uses of a bind stand in it as text.
    pub fn rest(&self, out: &mut AstPass<'_, '_, Pg>) {
        out.push_sql(self.rest);
    }
}

/// Declares a statement as a struct of its binds with a method that runs it.
#[macro_export]
macro_rules! statement {
    ($(#[$doc:meta])* tenant $name:ident = $sql:expr; { $($field:ident: $rust:ty => $bind:ty),* $(,)? }) => {
        $crate::statement!(@fragment $(#[$doc])* $name, $sql, { $($field: $rust => $bind),* });
        impl $name {
            /// Run it; the number of rows it touched.
            pub(crate) async fn run(self, on: &$crate::db::TenantConn) -> Result<usize, $crate::db::DbError> {
                let mut connection = $crate::db::tenant::OnControl::connection(on);
                Ok(diesel_async::RunQueryDsl::execute(self, &mut connection).await?)
            }
        }
    };
    ($(#[$doc:meta])* tenant $name:ident = $sql:expr; { $($field:ident: $rust:ty => $bind:ty),* $(,)? } -> { $($row:ty => $column:ty),+ $(,)? }) => {
        $crate::statement!(@fragment $(#[$doc])* $name, $sql, { $($field: $rust => $bind),* });
        impl diesel::query_builder::Query for $name {
            type SqlType = ($($column,)+);
        }
        impl $name {
            /// Every row.
            pub(crate) async fn all(self, on: &$crate::db::TenantConn) -> Result<Vec<($($row,)+)>, $crate::db::DbError> {
                let mut connection = $crate::db::tenant::OnControl::connection(on);
                Ok(diesel_async::RunQueryDsl::load(self, &mut connection).await?)
            }
        }
    };
    ($(#[$doc:meta])* control $name:ident = $sql:expr; { $($field:ident: $rust:ty => $bind:ty),* $(,)? }) => {
        $crate::statement!(@fragment $(#[$doc])* $name, $sql, { $($field: $rust => $bind),* });
        impl $name {
            /// Run it; the number of rows it touched.
            pub(crate) async fn run(self, on: &impl $crate::db::tenant::OnControl) -> Result<usize, $crate::db::DbError> {
                let mut connection = on.connection();
                Ok(diesel_async::RunQueryDsl::execute(self, &mut connection).await?)
            }
        }
    };
    ($(#[$doc:meta])* control $name:ident = $sql:expr; { $($field:ident: $rust:ty => $bind:ty),* $(,)? } -> { $($row:ty => $column:ty),+ $(,)? }) => {
        $crate::statement!(@fragment $(#[$doc])* $name, $sql, { $($field: $rust => $bind),* });
        impl diesel::query_builder::Query for $name {
            type SqlType = ($($column,)+);
        }
        impl $name {
            /// Every row.
            pub(crate) async fn all(self, on: &impl $crate::db::tenant::OnControl) -> Result<Vec<($($row,)+)>, $crate::db::DbError> {
                let mut connection = on.connection();
                Ok(diesel_async::RunQueryDsl::load(self, &mut connection).await?)
            }
        }
    };
    (@fragment $(#[$doc:meta])* $name:ident, $sql:expr, { $($field:ident: $rust:ty => $bind:ty),* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name {
            $(pub(crate) $field: $rust,)*
        }
        impl diesel::query_builder::QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>) -> diesel::QueryResult<()> {
                let text = $crate::db::statement::StatementText::new($sql);
                $(
                    let text = text.up_to_next_bind(&mut out);
                    out.push_bind_param::<$bind, $rust>(&self.$field)?;
                )*
                text.rest(&mut out);
                Ok(())
            }
        }
    };
}
