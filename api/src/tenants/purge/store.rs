//! What takes rows of deleted tenants away.

use crate::statement;

statement! {
    /// All rows that name a deleted tenant, table by table, until no foreign key holds any back.
    control Purge = include_str!("rows.sql");
    {}
}
