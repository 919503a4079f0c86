//! What a member had at a moment of the past, from the moves until then.

use std::collections::BTreeMap;

use domain::amount::Points;
use domain::history::History;
use domain::id::MemberId;
use domain::member::{MemberFacts, MemberStatus, WalletFacts};
use domain::rank::RankFacts;

use super::store::{MemberIsThere, VersionAt, WalletsAt};
use crate::app::App;
use crate::as_of::AsOf;
use crate::balances_cache::HotBalances;
use crate::db::TenantNumber;
use crate::ledger::balances_of;
use crate::problem::Problem;

/// The wallets as they were; 404 when the tenant has no such member.
pub(super) async fn read(
    app: &App,
    tenant: TenantNumber,
    member: MemberId,
    as_of: AsOf,
) -> Result<HotBalances, Problem> {
    let (db, catalogs) = (app.db.clone(), app.catalogs.clone());
    let read = app.db.run(async move {
        let tx = db.snapshot(tenant).await?;
        let tenant = tx.number();
        let who = member.uuid();
        let is_there = MemberIsThere {
            tenant,
            member: who,
        }
        .all(&tx)
        .await?
        .pop();
        if is_there != Some((true,)) {
            return Err(Problem::not_found());
        }
        let (catalog, now) = catalogs.for_transaction(&tx).await?;
        let until = as_of.until(&catalog.settings, now)?;
        let version = VersionAt {
            tenant,
            member: who,
            until: until.into(),
        };
        let version = version
            .all(&tx)
            .await?
            .pop()
            .map_or(0, |(version,)| version);
        let wallets = WalletsAt {
            tenant,
            member: who,
            version,
            until: until.into(),
        };
        let rows = wallets.all(&tx).await?;
        tx.commit().await?;
        let wallet = |(code, available, pending, reserved, deficit)| {
            let wallet = WalletFacts {
                available: Points::new(available),
                pending: Points::new(pending),
                reserved: Points::new(reserved),
                deficit: Points::new(deficit),
                // What was over by then is taken off already.
                next_expires_at: None,
                lots: None,
            };
            (code, wallet)
        };
        let facts = MemberFacts {
            member,
            status: MemberStatus::Active,
            version,
            last_recorded_at: until,
            enrolled_at: until,
            wallets: rows.into_iter().map(wallet).collect::<BTreeMap<_, _>>(),
            recalled: std::collections::BTreeSet::new(),
            history: History::default(),
            ranks: RankFacts::default(),
        };
        let (wallets, good_until) = balances_of(&facts, &catalog, until)?;
        Ok(HotBalances {
            version,
            as_of: until,
            clock_moves: 0,
            good_until,
            wallets,
        })
    });
    read.await?
}
