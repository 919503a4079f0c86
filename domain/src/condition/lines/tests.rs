//! Categories and article numbers are told by their texts, however few of their bytes are compared.

use super::{Codes, Goods, Path, is_within};
use crate::receipt::Line;

/// Texts with their end on both sides of every edge, and some with a slash there.
fn texts() -> Vec<String> {
    let mut texts = vec![String::new(), "/".to_owned(), "ÿ".to_owned()];
    for length in (1..=34).chain([63, 64, 65]) {
        let text = "aab/abcdef/ghijk/".repeat(4);
        let text: String = text.chars().take(length).collect();
        texts.push(format!("{text}/"));
        texts.push(format!("{text}/x"));
        texts.push(format!("{text}x"));
        texts.push(format!("{text}\0"));
        texts.push(text);
    }
    texts
}

#[test]
fn a_path_sees_what_lies_in_its_category() {
    let texts = texts();
    for category in &texts {
        let path = Path::of(category.clone());
        for found in &texts {
            let line = Line {
                category: Some(found.clone()),
                ..Line::default()
            };
            let (goods, expected) = (Goods::of(&line), is_within(found, category));
            assert_eq!(path.has(&goods), expected, "{found:?} in {category:?}");
            if path.is_very_short() {
                assert_eq!(
                    path.has_first(&goods),
                    expected,
                    "{found:?} in {category:?}"
                );
            }
        }
        assert!(!path.has(&Goods::of(&Line::default())), "{category:?}");
    }
    assert!(Path::of("seven77".to_owned()).is_very_short());
    assert!(!Path::of("eight888".to_owned()).is_very_short());
}

#[test]
fn codes_are_found_by_their_texts() {
    let texts = texts();
    for listed in [&texts[..3], &texts[..20], &texts[20..36], &texts[..]] {
        let codes = Codes::of(listed.to_vec());
        for sku in &texts {
            let line = Line {
                sku: Some(sku.clone()),
                ..Line::default()
            };
            let found = codes.have_sku(&Goods::of(&line));
            assert_eq!(found, listed.contains(sku), "{sku:?}");
        }
        assert!(!codes.have_sku(&Goods::of(&Line::default())));
    }
}
