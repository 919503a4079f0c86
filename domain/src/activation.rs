//! When granted points become spendable: at once, some days later, or when the shop says that
//! something happened, which it may never do.

use crate::amount::Overflow;
use crate::calendar;
use crate::program::reader::{Object, Reader};
use crate::settings::Settings;
use jiff::civil::Date;
use jiff::{Span, Timestamp};

#[cfg(test)]
mod tests;

/// The most days that points may wait.
pub(crate) const MAX_WAITING_DAYS: i64 = 3_660;

/// When granted points become spendable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum Activation {
    /// At once.
    #[default]
    Immediate,
    /// From the start of the business day so many days after the earning day.
    AfterDays(i64),
    /// When the shop reports the event; without it they are cancelled at the end of the business
    /// day so many days after the earning day.
    OnEvent {
        event: String,
        cancel_after_days: Option<i64>,
    },
}

impl Activation {
    /// The business date on which points earned on `earned_on` become spendable; none when an
    /// event decides it.
    pub(crate) fn starts_on(&self, earned_on: Date) -> Result<Option<Date>, Overflow> {
        match self {
            Self::Immediate => Ok(Some(earned_on)),
            Self::AfterDays(days) => add_days(earned_on, *days).map(Some),
            Self::OnEvent { .. } => Ok(None),
        }
    }

    /// When points that wait for an event are cancelled; none = never.
    pub(crate) fn cancels_at(
        &self,
        earned_on: Date,
        settings: &Settings,
    ) -> Result<Option<Timestamp>, Overflow> {
        let Self::OnEvent {
            cancel_after_days: Some(days),
            ..
        } = self
        else {
            return Ok(None);
        };
        let last_day = add_days(earned_on, *days)?;
        calendar::ends_at(last_day, &settings.time_zone, settings.cutovers()).map(Some)
    }

    /// Reads an `activation`.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        reader.require(object, "type");
        let kinds = [
            ("immediate", "immediate"),
            ("after_days", "after_days"),
            ("on_event", "on_event"),
        ];
        match reader.choice(object, "type", &kinds, &[]) {
            Some("after_days") => {
                Self::AfterDays(reader.required_integer(object, "days", 1..=MAX_WAITING_DAYS))
            }
            Some("on_event") => {
                reader.require(object, "event");
                let pointer = object.at("event");
                let event = object.get("event");
                let event = event.map(|value| reader.text_at(value, pointer));
                Self::OnEvent {
                    event: event.unwrap_or_default(),
                    cancel_after_days: reader.integer(
                        object,
                        "cancel_after_days",
                        1..=MAX_WAITING_DAYS,
                    ),
                }
            }
            Some(_) => Self::Immediate,
            None => {
                // The fields of the kinds are not this document's fault.
                for field in ["days", "event", "cancel_after_days"] {
                    object.get(field);
                }
                Self::Immediate
            }
        }
    }
}

fn add_days(date: Date, days: i64) -> Result<Date, Overflow> {
    let span = Span::new().try_days(days);
    let span = span.map_err(|_out_of_range| Overflow)?;
    date.checked_add(span).map_err(|_out_of_range| Overflow)
}
