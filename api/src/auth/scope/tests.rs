//! Sets of scopes keep what was put in, and demands are met by what they name.

use super::{AnyOf, AnyScope, Demand, PurchasesRead, PurchasesWrite, Scope, Scopes};

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
