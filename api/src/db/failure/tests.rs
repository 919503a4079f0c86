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
    let broken = |kind, text| check(kind, text, DbError::Broken, true);
    broken(
        Unknown,
        "terminating connection due to administrator command",
    );
    broken(Unknown, "the database system is starting up");
    broken(Unknown, "the database system is shutting down");
    broken(Unknown, "sorry, too many clients already");
    broken(Unknown, "prepared statement \"s1\" does not exist");
    broken(UnableToSendCommand, "connection closed");
    broken(ReadOnlyTransaction, "cannot execute INSERT");
    let conflict = |kind, text| check(kind, text, DbError::Conflict, true);
    conflict(SerializationFailure, "could not serialize access");
    conflict(Unknown, "deadlock detected");
    conflict(Unknown, "canceling statement due to statement timeout");
    let full = |kind, text| check(kind, text, DbError::StorageFull, false);
    full(Unknown, "could not extend file \"base/1\"");
    full(Unknown, "No space left on device");
    let failed = |kind, text| check(kind, text, DbError::Failed, false);
    failed(CheckViolation, "violates check constraint");
    failed(Unknown, "permission denied for table lots");
}
