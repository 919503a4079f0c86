//! Sets of lines across the edges of their words.

use super::LineSet;

fn set(places: &[usize], lines: usize) -> LineSet {
    LineSet::of((0..lines).map(|place| places.contains(&place)))
}

#[test]
fn sets_keep_their_lines_across_words() {
    let places = [0, 1, 63, 64, 65, 127, 128, 499];
    for lines in [500, 512, 513] {
        let set = set(&places, lines);
        let all = LineSet::of((0..lines).map(|_| true));
        let none = LineSet::of((0..lines).map(|_| false));
        assert_eq!(set.common(&all).collect::<Vec<_>>(), places);
        assert_eq!(set.common(&none).next(), None);
        assert!((0..600).all(|place| set.has(place) == places.contains(&place)));
        assert!(all.covers(&set) && !set.covers(&all) && set.covers(&set));
        assert!(set.covers(&none) && none.is_empty() && !set.is_empty());
    }
}

#[test]
fn what_is_common_is_in_both() {
    let (one, other) = (set(&[3, 64, 200], 300), set(&[64, 199, 200, 299], 300));
    assert_eq!(one.common(&other).collect::<Vec<_>>(), [64, 200]);
    assert!(!one.covers(&other) && !other.covers(&one));
}

#[test]
fn a_receipt_without_lines_has_empty_sets() {
    let none = set(&[], 0);
    assert!(none.is_empty() && none.covers(&none) && !none.has(0));
}

#[test]
fn filtered_sets_hold_no_line_that_was_not_there() {
    let even: Vec<bool> = (0..200).map(|place| place % 2 == 0).collect();
    let filtered = set(&[2, 3, 64, 65, 198, 199], 200).filtered(&even, |is_even| *is_even);
    let all = LineSet::of((0..200).map(|_| true));
    assert_eq!(filtered.common(&all).collect::<Vec<_>>(), [2, 64, 198]);
}
