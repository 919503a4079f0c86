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
    for text in [
        "terminating connection due to administrator command",
        "the database system is starting up",
        "the database system is shutting down",
        "sorry, too many clients already",
        "prepared statement \"s1\" does not exist",
    ] {
        check(Unknown, text, DbError::Broken, true);
    }
    let (closed, read_only) = ("connection closed", "cannot execute INSERT");
    check(UnableToSendCommand, closed, DbError::Broken, true);
    check(ReadOnlyTransaction, read_only, DbError::Broken, true);
    let concurrent = "could not serialize access";
    check(SerializationFailure, concurrent, DbError::Conflict, true);
    for text in [
        "deadlock detected",
        "canceling statement due to statement timeout",
        "canceling statement due to user request",
    ] {
        check(Unknown, text, DbError::Conflict, true);
    }
    for text in [
        "could not extend file \"base/1\"",
        "No space left on device",
    ] {
        check(Unknown, text, DbError::StorageFull, false);
    }
    let violated = "violates check constraint";
    check(CheckViolation, violated, DbError::Failed, false);
    let denied = "permission denied for table lots";
    check(Unknown, denied, DbError::Failed, false);
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
