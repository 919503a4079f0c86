//! What a batch asks the database for in its first flight.

use domain::catalog::Catalog;
use domain::decide::Command;
use domain::id::MemberId;
use domain::trail::Subject;
use uuid::Uuid;

use super::batch::Repeats;
use super::known::{Known, identity};
use super::ranks::{self, RankRow};
use super::{Item, facts};
use crate::catalog::{self, Head};
use crate::db::{DbError, TenantConn};

/// What a batch asks the database for, before anything is known.
pub(super) struct Asked {
    pub(super) members: Vec<Uuid>,
    /// Those whose points are to be taken or moved, so that their lots are needed.
    pub(super) spenders: Vec<Uuid>,
    pub(super) keys: Vec<Uuid>,
    pub(super) receipts: Vec<Uuid>,
    pub(super) references: Vec<Uuid>,
    /// Purchases and redemptions that are taken up again.
    pub(super) subjects: Vec<Subject>,
    /// Whether the members' ranks are asked for: some version has ladders, or nobody knows.
    pub(super) has_ranks: bool,
}

/// What the database answered.
pub(super) struct Seen {
    pub(super) head: Head,
    pub(super) known: Known,
    pub(super) lots: Vec<facts::LotRow>,
    pub(super) ranks: Vec<RankRow>,
}

impl Asked {
    /// Till identities depend on the catalog; with a guess they are asked for together with the rest.
    pub(super) fn of(
        items: &[Item],
        found: &[Option<MemberId>],
        catalog: Option<&Catalog>,
    ) -> Self {
        let mut asked = Self {
            members: {
                let second = |item: &Item| item.submission.command.counterpart();
                let second = items.iter().filter_map(second);
                let members = found.iter().flatten().copied().chain(second);
                members.map(MemberId::uuid).collect()
            },
            spenders: Vec::new(),
            keys: items.iter().map(|item| item.submission.key).collect(),
            receipts: Vec::new(),
            references: Vec::new(),
            subjects: items
                .iter()
                .filter_map(|item| item.submission.command.subject())
                .collect(),
            has_ranks: catalog.is_none_or(Catalog::has_ladders),
        };
        for (item, member) in items.iter().zip(found) {
            let command = &item.submission.command;
            let identity = catalog.and_then(|catalog| identity(catalog, command));
            match command {
                Command::Purchase(_) | Command::Exchange(_) => asked.receipts.extend(identity),
                Command::Redeem(_) => asked.references.extend(identity),
                _ => {}
            }
            let moves = catalog.is_some_and(|catalog| command.moves_lots(catalog));
            if moves || command.takes_points() {
                asked.spenders.extend(member.map(MemberId::uuid));
            }
        }
        asked.spenders.sort_unstable();
        asked.spenders.dedup();
        asked
    }

    /// Without what only a repeat would be found by, where none is expected.
    pub(super) fn expecting(mut self, repeats: Repeats) -> Self {
        if repeats == Repeats::Unexpected {
            self.keys.clear();
            self.receipts.clear();
            self.references.clear();
        }
        self
    }

    pub(super) async fn read(&self, tx: &TenantConn) -> Result<Seen, DbError> {
        let (mut known, mut identities) = (Known::default(), Known::default());
        let (members, spenders) = (&self.members, &self.spenders);
        let (receipts, references) = (self.receipts.clone(), self.references.clone());
        let ranked = if self.has_ranks {
            members.clone()
        } else {
            Vec::new()
        };
        let (head, (), lots, ranks, ()) = tokio::try_join!(
            biased;
            catalog::head(tx),
            known.add_keys(tx, self.keys.clone()),
            facts::lots(tx, spenders.clone()),
            ranks::states(tx, ranked),
            identities.add_identities(tx, receipts, references),
        )?;
        known.join(identities);
        Ok(Seen {
            head,
            known,
            lots,
            ranks,
        })
    }
}
