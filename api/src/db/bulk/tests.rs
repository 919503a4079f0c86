//! Which tables a tenant has a part in, and in which order they are filled.

use super::{Table, in_order};

fn table(name: &str, columns: &[&str]) -> Table {
    Table {
        name: name.to_owned(),
        columns: columns.iter().copied().map(str::to_owned).collect(),
    }
}

#[test]
fn a_table_comes_behind_those_that_it_refers_to() {
    let refers = |name: &str, to: &[&str]| {
        let to = to.iter().copied().map(str::to_owned).collect();
        (table(name, &["tenant_id"]), to)
    };
    let tables = vec![
        refers("a", &["c", "b"]),
        refers("b", &["d"]),
        refers("c", &["b"]),
        refers("d", &[]),
    ];
    let ordered = in_order(tables).expect("an order");
    let names: Vec<&str> = ordered.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["d", "b", "c", "a"]);
    let circle = vec![refers("a", &["b"]), refers("b", &["a"])];
    assert!(in_order(circle).is_err());
}

#[test]
fn every_table_says_whose_its_rows_are() {
    let condition = |name: &str, columns: &[&str]| table(name, columns).condition(&[5, 6]);
    let told = |text: &str| Ok(Some(text.to_owned()));
    assert_eq!(condition("tenants", &["id"]), told("id in (5, 6)"));
    assert_eq!(
        condition("lots", &["tenant_id"]),
        told("tenant_id in (5, 6)")
    );
    assert_eq!(
        condition("partners", &["id"]),
        told("id in (select partner_id from partner_grants where tenant_id in (5, 6))")
    );
    assert_eq!(condition("signing_keys", &["kid"]), Ok(None));
    assert!(condition("something_new", &["id"]).is_err());
}
