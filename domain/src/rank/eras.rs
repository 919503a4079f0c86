//! Which program a business date begins under: reviews go by that one, also when they look back.

use super::Ladder;
use crate::calendar;
use crate::catalog::{Catalog, Version};
use jiff::Timestamp;
use jiff::civil::Date;

/// Versions with the first business date that begins under each, ascending.
#[derive(Debug, Clone)]
pub(super) struct Eras<'a>(Vec<(Date, &'a Version)>);

impl<'a> Eras<'a> {
    /// Those of all versions.
    pub(super) fn of(catalog: &'a Catalog) -> Self {
        Self::until(catalog, Timestamp::MAX)
    }

    /// Those of the versions that count by an instant.
    pub(super) fn until(catalog: &'a Catalog, at: Timestamp) -> Self {
        let settings = &catalog.settings;
        let (zone, cutovers) = (&settings.time_zone, settings.cutovers());
        let versions = catalog.versions.iter();
        let versions = versions.filter(|version| version.effective_from <= at);
        let dated = versions.filter_map(|version| {
            let date = calendar::business_date(version.effective_from, zone, cutovers);
            let starts = calendar::starts_at(date, zone, cutovers).ok()?;
            if starts >= version.effective_from {
                Some((date, version))
            } else {
                Some((date.tomorrow().ok()?, version))
            }
        });
        Self(dated.collect())
    }

    /// The version by which a date begins, and whether it is the first such date.
    pub(super) fn on(&self, date: Date) -> Option<(&'a Version, bool)> {
        let count = self.0.partition_point(|(from, _)| *from <= date);
        let (from, version) = self.0.get(count.checked_sub(1)?)?;
        Some((version, *from == date))
    }

    /// The ladder as it is where a date begins.
    pub(super) fn ladder_on(&self, date: Date, code: &str) -> Option<&'a Ladder> {
        let (version, _) = self.on(date)?;
        let mut ladders = version.program.ladders().iter();
        ladders.find(|ladder| ladder.code == code)
    }
}
