use diesel::result::{DatabaseErrorKind, Error};

use super::DbError;

fn check(kind: DatabaseErrorKind, text: &str, expected: fn(String) -> DbError, passing: bool) {
    let error = DbError::from(Error::DatabaseError(kind, Box::new(text.to_owned())));
    assert_eq!(error, expected(text.to_owned()), "{text}");
    assert_eq!(error.is_passing(), passing, "{text}");
}

#[test]
fn every_failure_of_postgres_has_one_meaning() {
    use DatabaseErrorKind::{
        CheckViolation, ReadOnlyTransaction, SerializationFailure, UnableToSendCommand, Unknown,
    };
    check(
        Unknown,
        "terminating connection due to administrator command",
        DbError::Broken,
        true,
    );
    check(
        Unknown,
        "the database system is starting up",
        DbError::Broken,
        true,
    );
    check(
        Unknown,
        "the database system is shutting down",
        DbError::Broken,
        true,
    );
    check(
        Unknown,
        "sorry, too many clients already",
        DbError::Broken,
        true,
    );
    check(
        Unknown,
        "prepared statement \"s1\" does not exist",
        DbError::Broken,
        true,
    );
    check(
        UnableToSendCommand,
        "connection closed",
        DbError::Broken,
        true,
    );
    check(
        ReadOnlyTransaction,
        "cannot execute INSERT",
        DbError::Broken,
        true,
    );
    check(
        SerializationFailure,
        "could not serialize access",
        DbError::Conflict,
        true,
    );
    check(Unknown, "deadlock detected", DbError::Conflict, true);
    check(
        Unknown,
        "canceling statement due to statement timeout",
        DbError::Conflict,
        true,
    );
    check(
        Unknown,
        "canceling statement due to user request",
        DbError::Conflict,
        true,
    );
    check(
        Unknown,
        "could not extend file \"base/1\"",
        DbError::StorageFull,
        false,
    );
    check(
        Unknown,
        "No space left on device",
        DbError::StorageFull,
        false,
    );
    check(
        CheckViolation,
        "violates check constraint",
        DbError::Failed,
        false,
    );
    check(
        Unknown,
        "permission denied for table lots",
        DbError::Failed,
        false,
    );
}

#[test]
fn the_cause_is_told_and_not_what_follows_from_it() {
    let follow_up = || {
        let text =
            "current transaction is aborted, commands ignored until end of transaction block";
        let error = Error::DatabaseError(DatabaseErrorKind::Unknown, Box::new(text.to_owned()));
        Err(DbError::from(error))
    };
    let used = || DbError::Duplicate("idempotency_keys_pkey".to_owned());
    assert_eq!(
        DbError::cause([follow_up(), Ok(()), Err(used()), follow_up()]),
        Err(used())
    );
    assert_eq!(DbError::cause([Ok(()), Ok(())]), Ok(()));
    assert!(DbError::cause([Ok(()), follow_up()]).is_err_and(|error| error.is_passing()));
}
