//! Sets of lines across the edges of their words.

use super::Places;

fn set(places: &[usize], lines: usize) -> Places {
    Places::of((0..lines).map(|place| places.contains(&place)))
}

#[test]
fn sets_keep_their_lines_across_words() {
    let places = [0, 1, 63, 64, 65, 127, 128, 499];
    for lines in [500, 512, 513] {
        let set = set(&places, lines);
        let all = Places::of((0..lines).map(|_| true));
        let none = Places::of((0..lines).map(|_| false));
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
    let all = Places::of((0..200).map(|_| true));
    assert_eq!(filtered.common(&all).collect::<Vec<_>>(), [2, 64, 198]);
}

#[test]
fn sets_grow_and_meet() {
    for count in [1, 63, 64, 65, 128, 129, 500] {
        let mut three = Places::none(count);
        assert!(three.is_empty());
        let all = Places::all(count);
        let places = [0, count.div_euclid(2), count - 1];
        for place in places {
            three.add(place);
        }
        let rest = all.clone().filtered(&vec![(); count], |()| true);
        assert_eq!(rest, all);
        assert_eq!(three.and(&all), three);
        assert_eq!(all.and(&three), three);
        assert!((0..count).all(|place| three.has(place) == places.contains(&place)));
        assert_eq!(all.common(&all).count(), count);
    }
}

#[test]
fn sums_are_those_of_the_places() {
    let numbers: Vec<i64> = (0..200).map(|number| number * number).collect();
    for places in [
        vec![],
        vec![0],
        vec![5, 63],
        vec![63, 64],
        vec![1, 130, 199],
    ] {
        let sum = places.iter().map(|place| numbers[*place]).sum();
        assert_eq!(set(&places, 200).sum(&numbers), Some(sum));
    }
    assert_eq!(set(&[0, 1], 2).sum(&[i64::MAX, 1]), None);
}
