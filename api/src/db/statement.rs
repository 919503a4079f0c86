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
