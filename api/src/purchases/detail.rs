//! The explanation in words: short enough for a till's display, made at the edge from codes and numbers in the
//! language of whoever asks, so that what is stored speaks none.

use domain::decide::Explained;

use crate::app::App;
use crate::db::{DbError, TenantNumber};
use crate::language::Language;
use crate::money::Currency;
use crate::problem::Problem;

mod english;
mod japanese;
#[cfg(test)]
mod tests;

/// Longest text that a till's display shows.
pub(crate) const MAX_DETAIL_CHARACTERS: usize = 60;

/// How a tenant's receipts are put into words for one caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wording {
    /// What the caller reads.
    pub(crate) language: Language,
    /// The tenant's; it stays once a purchase is recorded.
    pub(crate) currency: Currency,
}

impl Wording {
    /// The wording for a tenant.
    pub(crate) async fn of(
        app: &App,
        tenant: TenantNumber,
        language: Language,
    ) -> Result<Self, Problem> {
        let known = app.catalogs.guess(tenant).await;
        let catalog = match known {
            Some(catalog) => catalog,
            None => {
                let (db, catalogs) = (app.db.clone(), app.catalogs.clone());
                let load = app.db.run(async move {
                    let tx = db.snapshot(tenant).await?;
                    let (catalog, _now) = catalogs.for_transaction(&tx).await?;
                    tx.commit().await?;
                    Ok::<_, DbError>(catalog)
                });
                load.await??
            }
        };
        Ok(Self {
            language,
            currency: Currency::new(&catalog.settings.currency),
        })
    }

    /// One explanation in words.
    pub(crate) fn detail(&self, explained: &Explained) -> String {
        let mut text = match self.language {
            Language::English => english::text(explained, &self.currency),
            Language::Japanese => japanese::text(explained, &self.currency),
        };
        if let Some((end, _)) = text.char_indices().nth(MAX_DETAIL_CHARACTERS) {
            text.truncate(end);
        }
        text
    }
}

/// The first text, or the second where the first is too long for the display.
fn fitting(long: String, short: impl FnOnce() -> String) -> String {
    if long.chars().count() <= MAX_DETAIL_CHARACTERS {
        long
    } else {
        short()
    }
}
