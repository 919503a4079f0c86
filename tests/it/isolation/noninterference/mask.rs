//! Takes out of answers and rows what two lives of the same script can't have in common: ids, secrets and hashes, and
//! times of the present. The n-th id that a life was told is called by its n; a job gives several members their ids in
//! any order.

use std::collections::BTreeMap;

use domain::id::MemberId;
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// The ids of one life, in the order in which it was told them.
pub(super) struct Mask {
    ids: BTreeMap<String, usize>,
    days: [String; 2],
}

/// What a text is made of.
enum Piece<'a> {
    /// As it stands.
    Plain(&'a str),
    /// A UUID, or what stands behind the prefix of an id.
    Id(String),
    /// Hexadecimal and longer than any number that somebody means.
    Hash,
    /// Begins with a day.
    Time(&'a str),
}

impl Mask {
    /// From everything that a life was told.
    pub(super) fn of(answers: &[String]) -> Self {
        let mut ids = BTreeMap::new();
        for piece in answers.iter().flat_map(|answer| pieces(answer)) {
            let next = ids.len() + 1;
            if let Piece::Id(id) = piece {
                ids.entry(id).or_insert(next);
            }
        }
        let now = api::clock::now();
        let earlier = now - jiff::SignedDuration::from_hours(1);
        let day = |time: Timestamp| time.to_string().chars().take(10).collect();
        Self {
            ids,
            days: [day(earlier), day(now)],
        }
    }

    /// The text without what may differ.
    pub(super) fn apply(&self, text: &str) -> String {
        let piece = |piece: Piece<'_>| match piece {
            Piece::Plain(text) => text.to_owned(),
            Piece::Id(id) => match self.ids.get(&id) {
                Some(number) => format!("#{number}"),
                None => "<id>".to_owned(),
            },
            Piece::Hash => "<hash>".to_owned(),
            Piece::Time(text) if self.days.iter().any(|day| text.starts_with(day)) => {
                "<present>".to_owned()
            }
            Piece::Time(text) => text.to_owned(),
        };
        pieces(text).into_iter().map(piece).collect()
    }
}

/// Cuts a text where letters and digits of one kind of word end.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:.+".contains(&byte);
    let bytes = text.as_bytes();
    let (mut found, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let is_inside = is_word(bytes[at]);
        let rest = bytes[at..].iter();
        let length = rest.take_while(|byte| is_word(**byte) == is_inside).count();
        let word = &text[at..at + length];
        if is_inside {
            found.extend(read(word));
        } else {
            found.push(Piece::Plain(word));
        }
        at += length;
    }
    found
}

/// Some hashes look like ids; only ids tell that they were made just now.
fn id_or_hash(uuid: Uuid) -> Piece<'static> {
    let made_at = uuid.get_timestamp().map(|made| made.to_unix().0);
    let now = u64::try_from(api::clock::now().as_second()).unwrap();
    match made_at {
        Some(at) if at.abs_diff(now) < 3_600 => Piece::Id(uuid.to_string()),
        _ => Piece::Hash,
    }
}

/// One word, and the prefix of an id before it.
fn read(word: &str) -> Vec<Piece<'_>> {
    if word.len() == 36
        && let Ok(uuid) = word.parse::<Uuid>()
    {
        return vec![id_or_hash(uuid)];
    }
    let is_hex = word.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex && word.len() >= 32 {
        return vec![Piece::Hash];
    }
    // PostgreSQL writes bytes as `\x…`; JSON doubles the first of it.
    if word.len() >= 32 && word.starts_with('x') && word[1..].bytes().all(|b| b.is_ascii_hexdigit())
    {
        return vec![Piece::Hash];
    }
    if let Some((prefix, id)) = word.rsplit_once('_')
        && let Ok(id) = format!("{}{id}", MemberId::PREFIX).parse::<MemberId>()
    {
        let prefix = &word[..=prefix.len()];
        return vec![Piece::Plain(prefix), id_or_hash(id.uuid())];
    }
    let is_day = word.len() > 10 && word.as_bytes()[4] == b'-' && word.as_bytes()[7] == b'-';
    vec![if is_day {
        Piece::Time(word)
    } else {
        Piece::Plain(word)
    }]
}

#[test]
fn what_two_lives_cannot_have_in_common_is_masked() {
    let id = MemberId::from_uuid(api::clock::new_id());
    let told = json!({"at": "2020-01-01T00:00:00Z", "code": "base", "id": id});
    let text = &told.to_string();
    let mask = Mask::of(std::slice::from_ref(text));
    let masked = mask.apply(text);
    assert!(
        masked.contains("\"at\":\"2020-01-01T00:00:00Z\",\"code\":\"base\""),
        "{masked}"
    );
    assert!(masked.contains("mem_#1"), "{masked}");
    let now = api::clock::now().to_string();
    assert_eq!(mask.apply(&now), "<present>");
}
