use super::super::{MEMBER, MEMBERS, PROGRAM, RECEIPTS, STORE, STORES};
use super::{by_member, lines};

#[test]
fn the_demo_is_whole_and_each_members_receipts_keep_their_order() {
    assert_eq!(lines(STORES).unwrap().len(), 83);
    assert_eq!(lines(MEMBERS).unwrap().len(), 40);
    let members = by_member(lines(RECEIPTS).unwrap()).unwrap();
    assert_eq!(members.len(), 40);
    assert_eq!(members.iter().map(Vec::len).sum::<usize>(), 2150);
    assert!(
        members
            .iter()
            .all(|receipts| receipts.is_sorted_by_key(|receipt| &receipt.number))
    );
}

#[test]
fn the_lines_to_paste_name_a_member_and_a_store_of_the_demo() {
    assert!(
        lines(MEMBERS)
            .unwrap()
            .iter()
            .any(|line| line.contains(MEMBER))
    );
    assert!(
        lines(STORES)
            .unwrap()
            .iter()
            .any(|line| line.contains(STORE))
    );
    assert!(PROGRAM.contains(STORE));
}

#[test]
fn the_demo_program_is_valid() {
    let document = serde_json::from_str(PROGRAM).unwrap();
    let stores = [STORE.to_owned()].into();
    let (_, warnings) = domain::program::Program::parse(&document, &stores).unwrap();
    assert!(warnings.is_empty());
}

#[test]
fn every_demo_receipt_passes_the_tills_checks() {
    for line in lines(RECEIPTS).unwrap() {
        let receipt: domain::receipt::Receipt = serde_json::from_str(&line).unwrap();
        receipt.check(domain::receipt::Purpose::Purchase).unwrap();
    }
}
