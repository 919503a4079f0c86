//! The two roles: one owns the tables and only migrates, the other serves, owns nothing and can bypass nothing.

use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use secrecy::{ExposeSecret, SecretString};

use super::{ControlConn, DbError};
use crate::statement;

/// Owns the tables; used by `migrate` and `verify`.
pub const OWNER: &str = "tamaru_owner";
/// The service's own role.
pub const SERVICE: &str = "tamaru_app";

/// The passwords that the two roles get.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// For `tamaru_owner`.
    pub owner: SecretString,
    /// For `tamaru_app`.
    pub service: SecretString,
}

/// Create both roles where they are missing, and grant what they need. Does nothing for an
/// owner who may not create roles: then they are there already.
pub(super) async fn create(
    connection: &mut AsyncPgConnection,
    passwords: &Passwords,
) -> Result<(), DbError> {
    let text = format!(
        "do $roles$ begin
            if (select rolsuper or rolcreaterole from pg_roles where rolname = current_user) then
                if not exists (select 1 from pg_roles where rolname = '{OWNER}') then create role {OWNER}; end if;
                if not exists (select 1 from pg_roles where rolname = '{SERVICE}') then create role {SERVICE}; end if;
                alter role {OWNER} login nocreatedb nocreaterole password '{}';
                alter role {SERVICE} login nocreatedb nocreaterole password '{}';
                if current_user <> '{OWNER}' then execute format('grant {OWNER} to %I', current_user); end if;
                execute format('grant connect on database %I to {SERVICE}', current_database());
                execute format('grant create, temporary on database %I to {OWNER}', current_database());
                grant usage, create on schema public to {OWNER};
                grant usage on schema public to {SERVICE};
            end if;
        end $roles$",
        quoted(&passwords.owner),
        quoted(&passwords.service),
    );
    Ok(connection.batch_execute(&text).await?)
}

fn quoted(password: &SecretString) -> String {
    password.expose_secret().replace('\'', "''")
}

statement! {
    /// What the present role could do that the service's must not.
    control RolePowers = "select current_user::text,
            (select rolsuper from pg_roles where rolname = current_user),
            (select rolbypassrls from pg_roles where rolname = current_user),
            exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                    where n.nspname = 'public' and c.relkind in ('r', 'p')
                      and pg_has_role(current_user, c.relowner, 'member'))";
    {}
    -> { String => Text, bool => Bool, bool => Bool, bool => Bool }
}

/// Refuse a role that owns tables or could bypass row-level security.
pub async fn refuse_powerful(conn: &ControlConn) -> Result<(), DbError> {
    let Some((role, is_superuser, bypasses, owns)) = (RolePowers {}).all(conn).await?.pop() else {
        return Err(DbError::Failed("the role could not be examined".into()));
    };
    let reason = match (is_superuser, bypasses, owns) {
        (true, _, _) => "is a superuser",
        (_, true, _) => "may bypass row-level security",
        (_, _, true) => "owns tables",
        _ => return Ok(()),
    };
    Err(DbError::Failed(format!(
        "the role {role} {reason}, so one tenant could see another's data. \
         Use the URL of {SERVICE} that `tamaru migrate` prints."
    )))
}
