//! Characters that no text may have: whoever sees two texts must see whether they differ.

use crate::fault::{Fault, FaultCode};

/// Notes a fault where a text holds something that can't be seen, or that turns what can be.
pub fn check_characters(text: &str, pointer: impl Fn() -> String, faults: &mut Vec<Fault>) {
    if has_hidden(text) {
        let detail = "the text has a control, invisible or direction-changing character; remove it";
        faults.push(Fault::new(pointer(), FaultCode::ControlCharacter, detail));
    }
}

/// Nearly every text is ASCII, and then its bytes say all.
fn has_hidden(text: &str) -> bool {
    if text.is_ascii() {
        return text.bytes().any(|byte| byte.is_ascii_control());
    }
    let mut before = None;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let shapes = before.is_some_and(|before| {
            let next = characters.peek().copied();
            shapes(before, character, next)
        });
        if is_hidden(character) && !shapes {
            return true;
        }
        before = Some(character);
    }
    false
}

/// Whether an invisible character changes how its neighbours look: it joins pictures into one, as
/// in a family, or chooses among the shapes of a picture or of a character for a name.
fn shapes(before: char, character: char, next: Option<char>) -> bool {
    match character {
        '\u{200D}' => is_picture(before) && next.is_some_and(is_picture),
        '\u{FE0F}' if next == Some('\u{20E3}') => matches!(before, '0'..='9' | '#' | '*'),
        '\u{FE00}'..='\u{FE0F}' => is_picture(before) || is_ideograph(before),
        '\u{E0100}'..='\u{E01EF}' => is_ideograph(before),
        _ => false,
    }
}

/// Pictures and what colours them; no letter of any script.
const fn is_picture(character: char) -> bool {
    matches!(character, '\u{2190}'..='\u{2BFF}' | '\u{FE0F}' | '\u{1F000}'..='\u{1FAFF}')
}

/// Chinese characters, of which some names need a certain shape.
const fn is_ideograph(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFD}')
}

fn is_hidden(character: char) -> bool {
    let is_nothing = u32::from(character) & 0xFFFE == 0xFFFE;
    is_nothing
        || character.is_control()
        || matches!(
            character,
            '\u{00AD}'
                | '\u{034F}'
                | '\u{061C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FDD0}'..='\u{FDEF}'
                | '\u{FE00}'..='\u{FE0F}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::has_hidden;

    #[test]
    fn what_can_not_be_seen_is_refused_and_what_can_is_not() {
        for (text, hidden) in [
            ("", false),
            ("Till 3", false),
            ("q\u{200B}", true),
            ("\u{200B}", true),
            ("co\u{00AD}op", true),
            ("a\u{202E}b", true),
            ("a\u{FDD0}", true),
            ("a\u{FFFE}", true),
            ("a\u{10FFFF}", true),
            ("a\u{E0041}", true),
            ("a\u{FEFF}", true),
            ("a\u{2060}b", true),
            ("a\u{3164}", true),
            ("a\tb", true),
            ("a\u{7F}", true),
            ("a\u{85}", true),
            ("a\u{200D}b", true),
            ("か\u{200D}が", true),
            ("\u{1F469}\u{200D}", true),
            ("\u{1F469}\u{200D}\u{1F4BB}", false),
            ("\u{2764}\u{FE0F}\u{200D}\u{1F525}", false),
            ("\u{1F44D}\u{1F3FD}", false),
            ("ｶﾌｪ カフェ café cafe\u{301} 店", false),
            ("辻\u{E0100}", false),
            ("a\u{E0100}", true),
            ("辻\u{FE00}", false),
            ("q\u{FE0F}", true),
            ("1\u{FE0F}\u{20E3}", false),
            ("1\u{FE0F}", true),
        ] {
            assert_eq!(has_hidden(text), hidden, "{text:?}");
        }
    }
}
