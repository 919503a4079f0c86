//! Differences as sentences.

use serde_json::Value;

use super::changes::{Change, Inner};
use super::{ChangeKind, labels, ladder};
use crate::language::Language;
use crate::money::Currency;

/// The words of one reader.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) language: Language,
    pub(super) currency: Currency,
}

impl Words {
    /// One difference.
    pub(super) fn sentence(&self, change: &Change<'_>) -> String {
        let subject = self.subject(change);
        if change.kind == ChangeKind::Moved {
            let codes = self.text("", change.after.as_ref());
            return self.say(format!("{subject}: order changed to {codes}"), || {
                format!("{subject}: 順序を{codes}に変更")
            });
        }
        match change.field {
            None => self.of_entry(change, &subject),
            // A field at the top of the document is its own subject.
            Some(field) if field == change.part => self.of_field(change, field, ""),
            Some(field) => self.of_field(change, field, &format!("{subject}: ")),
        }
    }

    fn subject(&self, change: &Change<'_>) -> String {
        let part = labels::part(change.part, self.language);
        let subject = match change.code {
            Some(code) => self.say(format!("{part} “{code}”"), || {
                format!("{part}「{code}」")
            }),
            None => part.to_owned(),
        };
        let Some(Inner { list, code }) = change.inner else {
            return subject;
        };
        let part = labels::inner_part(list, self.language);
        self.say(format!("{subject}, {part} “{code}”"), || {
            format!("{subject}の{part}「{code}」")
        })
    }

    fn of_entry(&self, change: &Change<'_>, subject: &str) -> String {
        let Some(after) = &change.after else {
            return self.say(format!("{subject} is removed"), || {
                format!("{subject}を削除")
            });
        };
        let summary = self.summary(change, after);
        if summary.is_empty() {
            return self.say(format!("{subject} is new"), || format!("{subject}を追加"));
        }
        self.say(format!("{subject} is new: {summary}"), || {
            format!("{subject}を追加: {summary}")
        })
    }

    fn of_field(&self, change: &Change<'_>, field: &str, subject: &str) -> String {
        let told = |value: Option<&Value>, entry| match value {
            Some(value) => self.text_in(change.part, field, value, entry),
            None => String::new(),
        };
        let mut before = told(change.before.as_ref(), change.entry.0);
        let mut after = told(change.after.as_ref(), change.entry.1);
        if before == after {
            // Words that can't tell them apart would say that nothing happened.
            let as_it_stands = |value: &Option<Value>| value.as_ref().map(Value::to_string);
            before = as_it_stands(&change.before).unwrap_or_default();
            after = as_it_stands(&change.after).unwrap_or_default();
        }
        let verb = ladder::verb(change.part, field);
        if let Some(verb) = verb
            && self.language == Language::English
        {
            return match change.kind {
                ChangeKind::Added => format!("{subject}{verb} {after}"),
                ChangeKind::Removed => format!("{subject}no longer {verb} {before}"),
                ChangeKind::Changed | ChangeKind::Moved => {
                    format!("{subject}{verb} {after} instead of {before}")
                }
            };
        }
        let field = if verb.is_some() { "threshold" } else { field };
        let label = labels::field(field, self.language);
        match change.kind {
            ChangeKind::Added => self.say(format!("{subject}{label} set to “{after}”"), || {
                format!("{subject}{label}を「{after}」に設定")
            }),
            ChangeKind::Removed => self.say(
                format!("{subject}{label} removed (was “{before}”)"),
                || format!("{subject}{label}の設定「{before}」を削除"),
            ),
            ChangeKind::Changed | ChangeKind::Moved => self.say(
                format!("{subject}{label} changed from “{before}” to “{after}”"),
                || format!("{subject}{label}を「{before}」から「{after}」に変更"),
            ),
        }
    }

    /// What a new entry does and when.
    fn summary(&self, change: &Change<'_>, entry: &Value) -> String {
        let mut said = match (change.part, change.inner) {
            ("discounts", None) => self.discount(entry),
            ("ranks", None) => self.ladder(entry),
            ("ranks", Some(_)) => self.step(entry, change.entry.1),
            _ => {
                let fields = ["award", "effect", "price", "expiry", "limits"];
                let given = given(entry, &fields);
                given
                    .map(|(field, value)| self.text(field, Some(value)))
                    .collect()
            }
        };
        let when = entry.get("when").and_then(Value::as_object);
        let when = when.into_iter().flatten();
        said.extend(when.map(|(field, value)| self.labelled(field, value)));
        said.retain(|text| !text.is_empty());
        said.join(self.separator())
    }

    /// A value with its name.
    pub(super) fn labelled(&self, field: &str, value: &Value) -> String {
        let label = labels::field(field, self.language);
        let value = self.text(field, Some(value));
        self.say(format!("{label} {value}"), || format!("{label}: {value}"))
    }

    /// A value in an entry whose other fields tell what it counts.
    fn text_in(&self, part: &str, field: &str, value: &Value, entry: Option<&Value>) -> String {
        match (part, field) {
            ("discounts", "tiers") => self.discount_tiers(value, entry),
            ("ranks", _) if ladder::verb(part, field).is_some() => {
                self.threshold(field, value, entry)
            }
            _ => self.text(field, Some(value)),
        }
    }

    /// What stands between two things of a list.
    pub(super) fn separator(&self) -> &'static str {
        match self.language {
            Language::English => ", ",
            Language::Japanese => "、",
        }
    }

    /// Several things in a sentence.
    pub(super) fn all_of(&self, texts: &[String]) -> String {
        match self.language {
            Language::English => enumerated(texts, "and"),
            Language::Japanese => texts.join("・"),
        }
    }

    /// The words of the reader's language.
    pub(super) fn say(&self, english: String, japanese: impl FnOnce() -> String) -> String {
        match self.language {
            Language::English => english,
            Language::Japanese => japanese(),
        }
    }
}

/// The fields that an entry has, in this order.
pub(super) fn given<'v>(
    entry: &'v Value,
    fields: &[&'v str],
) -> impl Iterator<Item = (&'v str, &'v Value)> {
    fields.iter().filter_map(|field| {
        let value = entry.get(field).filter(|value| !value.is_null())?;
        Some((*field, value))
    })
}

/// With a word before the last.
pub(super) fn enumerated(texts: &[String], word: &str) -> String {
    match texts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        _ => texts.concat(),
    }
}
