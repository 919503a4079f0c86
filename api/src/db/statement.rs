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
//! The first field is `$1`, the second `$2`, and so on; the text may use them in any order and as
//! often as it likes. The query builder insists on writing the number of every bind itself: it
//! does so in a comment behind the text.

use diesel::pg::Pg;
use diesel::query_builder::AstPass;

/// Columns that several rows have in common, bound one after the other as arrays.
pub(crate) trait Columns {
    /// Bind each column.
    fn bind<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> diesel::QueryResult<()>;
}

/// Declares the columns of rows that a statement takes side by side, each of which is an array.
#[macro_export]
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $first:ident: $first_rust:ty => $first_bind:ty $(, $field:ident: $rust:ty => $bind:ty)* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name {
            pub(crate) $first: Vec<$first_rust>,
            $(pub(crate) $field: Vec<$rust>,)*
        }
        impl $name {
            /// No rows yet, with room for some.
            pub(crate) fn with_capacity(rows: usize) -> Self {
                Self {
                    $first: Vec::with_capacity(rows),
                    $($field: Vec::with_capacity(rows),)*
                }
            }

            /// How many rows they are.
            pub(crate) const fn rows(&self) -> usize {
                self.$first.len()
            }
        }
        impl $crate::db::statement::Columns for $name {
            fn bind<'b>(&'b self, mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>) -> diesel::QueryResult<()> {
                out.push_bind_param::<diesel::sql_types::Array<$first_bind>, Vec<$first_rust>>(&self.$first)?;
                $(
                    out.push_sql(" ");
                    out.push_bind_param::<diesel::sql_types::Array<$bind>, Vec<$rust>>(&self.$field)?;
                )*
                Ok(())
            }
        }
    };
}

/// Declares a statement as a struct of its binds with a method that runs it.
#[macro_export]
macro_rules! statement {
    ($(#[$doc:meta])* tenant $name:ident = $sql:expr; { tenant } + { $($part:ident: $columns:ty),+ $(,)? } -> { $($row:ty => $column:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(crate) struct $name {
            pub(crate) tenant: i64,
            $(pub(crate) $part: $columns,)+
        }
        $crate::statement!(@id $name);
        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>) -> diesel::QueryResult<()> {
                out.push_sql($sql);
                out.push_sql(" /* ");
                out.push_bind_param::<diesel::sql_types::BigInt, i64>(&self.tenant)?;
                $(
                    out.push_sql(" ");
                    $crate::db::statement::Columns::bind(&self.$part, out.reborrow())?;
                )+
                out.push_sql(" */");
                Ok(())
            }
        }
        $crate::statement!(@rows $name { $($row => $column),+ });
    };
    // One text, so that a connection prepares it once.
    (@id $name:ident) => {
        impl diesel::query_builder::QueryId for $name {
            type QueryId = Self;
            const HAS_STATIC_QUERY_ID: bool = true;
        }
    };
    (@rows $name:ident { $($row:ty => $column:ty),+ }) => {
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
        $crate::statement!(@rows $name { $($row => $column),+ });
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
        $crate::statement!(@id $name);
        impl diesel::query_builder::QueryFragment<diesel::pg::Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: diesel::query_builder::AstPass<'_, 'b, diesel::pg::Pg>) -> diesel::QueryResult<()> {
                out.push_sql($sql);
                out.push_sql(" /*");
                $(
                    out.push_sql(" ");
                    out.push_bind_param::<$bind, $rust>(&self.$field)?;
                )*
                out.push_sql(" */");
                Ok(())
            }
        }
    };
}
