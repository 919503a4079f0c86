//! The ranks of one member, for those who read or set them.

use std::sync::Arc;

use domain::catalog::Catalog;
use domain::decide::{Command, Facts, SetRank, decide};
use domain::history::Budgets;
use domain::id::{ApiKeyId, MemberId};
use domain::member::MemberFacts;
use domain::needs::Needs;
use domain::rank::{LadderOutlook, outlook, outlook_needs};
use jiff::Timestamp;

use super::RankRows;
use crate::catalog::Catalogs;
use crate::db::{DbError, TenantConn};
use crate::ledger::append::There;
use crate::ledger::facts;
use crate::ledger::refusal::problem_of;
use crate::problem::Problem;

/// A member with everything that its ranks go by.
#[derive(Debug)]
pub struct Ranked {
    /// The member.
    pub facts: MemberFacts,
    /// What it is judged by.
    pub catalog: Arc<Catalog>,
    /// The tenant's time.
    pub now: Timestamp,
}

impl Ranked {
    /// Puts other facts in the place of these; the member as it was.
    fn with(&mut self, facts: MemberFacts) -> Self {
        Self {
            facts: std::mem::replace(&mut self.facts, facts),
            catalog: Arc::clone(&self.catalog),
            now: self.now,
        }
    }
}

/// How the member stands on every ladder.
pub fn outlook_of(ranked: &Ranked) -> Result<Vec<LadderOutlook>, Problem> {
    outlook(&ranked.catalog, &ranked.facts, ranked.now).map_err(|refusal| problem_of(&refusal))
}

/// One member without a lock; none when the tenant does not have it.
pub async fn ranked(
    tx: &TenantConn,
    catalogs: &Catalogs,
    member: MemberId,
) -> Result<Option<Ranked>, DbError> {
    let members = facts::read(tx, vec![member.uuid()]).await?;
    let Some(facts) = members.into_values().next() else {
        return Ok(None);
    };
    load(tx, catalogs, facts, |_| Needs::default())
        .await
        .map(Some)
}

async fn load(
    tx: &TenantConn,
    catalogs: &Catalogs,
    mut facts: MemberFacts,
    more: impl FnOnce(&Ranked) -> Needs,
) -> Result<Ranked, DbError> {
    super::add_ranks(tx, &mut facts).await?;
    let (catalog, now) = catalogs.for_transaction(tx).await?;
    let mut ranked = Ranked {
        facts,
        catalog,
        now,
    };
    let mut needs = outlook_needs(&ranked.catalog, &ranked.facts, now);
    needs.merge(more(&ranked));
    let member = ranked.facts.member;
    let asked = needs.days.map(|days| (member, days));
    let mut days = super::days(tx, asked.into_iter().collect()).await?;
    ranked.facts.history.days = days.remove(&member);
    Ok(ranked)
}

/// Set a rank by hand; the caller commits. The member as it was and as it is then.
pub async fn set_rank(
    tx: &TenantConn,
    catalogs: &Catalogs,
    member: MemberId,
    (command, actor): (SetRank, ApiKeyId),
) -> Result<(Ranked, Ranked), Problem> {
    let ids = vec![member.uuid()];
    let (members, ledgers) = facts::of_ledgers(facts::lock(tx, ids).await?);
    let facts = members.into_values().next();
    let facts = facts.ok_or_else(Problem::not_found)?;
    let command = Command::SetRank(command);
    let needs = |ranked: &Ranked| command.needs(&ranked.catalog, &ranked.facts, ranked.now);
    let mut ranked = load(tx, catalogs, facts, needs).await?;
    let known = facts::Members::from([(member, ranked.facts.clone())]);
    let there = There::of(&known, ledgers).take_ranks();
    let budgets = Budgets::default();
    let facts = Facts {
        member: Some(&ranked.facts),
        budgets: &budgets,
        trail: None,
    };
    let decision = decide(&ranked.catalog, facts, &command, ranked.now)
        .map_err(|refusal| problem_of(&refusal))?;
    let after = ranked.facts.after(&decision);
    let before = ranked.with(after);
    if let Some(update) = decision.ranks {
        let head = crate::catalog::head(tx).await?;
        let mut rows = RankRows::after(there).told(head.has_webhooks);
        let recorded_at = ranked.facts.ledger_time(ranked.now);
        rows.add(update, recorded_at, actor.uuid());
        rows.write(tx).await?;
    }
    Ok((before, ranked))
}
