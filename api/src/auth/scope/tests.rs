//! Sets of scopes keep what was put in, and demands are met by what they name.

use crate::rate_limit::OperationClass;

use super::{
    AnyOf, AnyScope, Demand, KeysAdmin, MembersRead, PurchasesRead, PurchasesWrite, Scope, Scopes,
    class_of,
};

#[test]
fn every_scope_has_its_own_place_and_name() {
    for scope in Scope::ALL {
        let only: Scopes = [*scope].into_iter().collect();
        assert_eq!(only.to_vec(), [*scope]);
        assert_eq!(Scope::named(scope.as_str()), Some(*scope));
    }
    assert_eq!(Scopes::all().to_vec(), Scope::ALL);
}

#[test]
fn an_unknown_name_grants_nothing() {
    let names = ["purchases:read".to_owned(), "everything".to_owned()];
    assert_eq!(Scopes::from_names(&names).to_vec(), [Scope::PurchasesRead]);
    assert_eq!(Scope::named("Purchases:Read"), None);
}

#[test]
fn demands_are_met_by_what_they_name() {
    let reader: Scopes = [Scope::PurchasesRead].into_iter().collect();
    assert!(PurchasesRead::is_met(reader));
    assert!(!PurchasesWrite::is_met(reader));
    assert!(AnyOf::<PurchasesWrite, PurchasesRead>::is_met(reader));
    assert!(!AnyOf::<PurchasesWrite, PurchasesRead>::is_met(
        Scopes::default()
    ));
    assert!(AnyScope::is_met(Scopes::default()));
}

#[test]
fn operations_are_told_apart_by_what_they_demand() {
    for (demanded, is_get, expected) in [
        (PurchasesWrite::demanded(), false, OperationClass::Writes),
        (PurchasesWrite::demanded(), true, OperationClass::Reads),
        (KeysAdmin::demanded(), false, OperationClass::Configuration),
        (KeysAdmin::demanded(), true, OperationClass::Reads),
        // A quote and a look-up by POST only look.
        (
            AnyOf::<PurchasesRead, PurchasesWrite>::demanded(),
            false,
            OperationClass::Reads,
        ),
        (MembersRead::demanded(), false, OperationClass::Reads),
        (AnyScope::demanded(), true, OperationClass::Reads),
    ] {
        assert_eq!(
            class_of(&demanded, is_get),
            expected,
            "{demanded:?} {is_get}"
        );
    }
}
