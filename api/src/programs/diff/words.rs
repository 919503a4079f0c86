//! Differences as sentences.

use serde_json::Value;

use super::ChangeKind;
use super::changes::Change;
use super::labels;
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
        let part = labels::part(change.part, self.language);
        if change.kind == ChangeKind::Moved {
            let codes = self.text("", change.after.as_ref());
            return self.say(format!("{part}: order changed to {codes}"), || {
                format!("{part}: 順序を{codes}に変更")
            });
        }
        let subject = match change.code {
            Some(code) => self.say(format!("{part} “{code}”"), || {
                format!("{part}「{code}」")
            }),
            None => part.to_owned(),
        };
        match change.field {
            None => self.of_entry(change, &subject),
            // A field at the top of the document is its own subject.
            Some(field) if field == change.part => self.of_field(change, field, ""),
            Some(field) => self.of_field(change, field, &format!("{subject}: ")),
        }
    }

    fn of_entry(&self, change: &Change<'_>, subject: &str) -> String {
        let Some(after) = &change.after else {
            return self.say(format!("{subject} is removed"), || {
                format!("{subject}を削除")
            });
        };
        let summary = self.summary(after);
        if summary.is_empty() {
            return self.say(format!("{subject} is new"), || format!("{subject}を追加"));
        }
        self.say(format!("{subject} is new: {summary}"), || {
            format!("{subject}を追加: {summary}")
        })
    }

    fn of_field(&self, change: &Change<'_>, field: &str, subject: &str) -> String {
        let label = labels::field(field, self.language);
        let before = self.text(field, change.before.as_ref());
        let after = self.text(field, change.after.as_ref());
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
    fn summary(&self, entry: &Value) -> String {
        let mut said: Vec<String> = ["award", "effect", "expiry", "limits"]
            .into_iter()
            .filter_map(|field| {
                let value = entry.get(field).filter(|value| !value.is_null())?;
                Some(self.text(field, Some(value)))
            })
            .filter(|text| !text.is_empty())
            .collect();
        let when = entry.get("when").and_then(Value::as_object);
        for (field, value) in when.into_iter().flatten() {
            let label = labels::field(field, self.language);
            let value = self.text(field, Some(value));
            said.push(self.say(format!("{label} {value}"), || format!("{label}: {value}")));
        }
        said.join(self.separator())
    }

    /// What stands between two things of a list.
    pub(super) fn separator(&self) -> &'static str {
        match self.language {
            Language::English => ", ",
            Language::Japanese => "、",
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
