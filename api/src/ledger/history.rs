//! What rules look back on, loaded set-based and only where a rule asks: counters and uses over
//! ranges of business dates, budgets of campaigns, and who the member is.

mod statements;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::amount::{Amount, Points};
use domain::history::{Budgets, Counters, Person, Uses};
use domain::id::MemberId;
use domain::needs::Needs;
use domain::window::DateRange;
use jiff::civil::Date;
use serde::Deserialize;
use uuid::Uuid;

use self::statements::{CountersOf, LockBudgets, PeopleOf, ReadBudgets, UsesOf};
use super::facts::Members;
use super::ranks;
use crate::db::time::SqlDate;
use crate::db::{DbError, TenantConn};
use crate::vault::{Owner, PROFILE, Vault};

/// Dates before it are not told apart from no date; the database knows fewer than the calendar.
const FIRST_YEAR: i16 = 1;

/// What the commands of a batch look back on.
#[derive(Debug, Default)]
pub(super) struct Asked {
    members: BTreeMap<MemberId, Needs>,
    budgets: BTreeSet<String>,
}

/// What all members together used.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) budgets: Budgets,
    /// Codes that have a row.
    pub(super) kept: BTreeSet<String>,
}

/// Whether others may change budgets meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    /// For a decision that is written.
    Budgets,
    /// For a quote.
    Nothing,
}

impl Asked {
    /// What one command of a member looks at.
    pub(super) fn add(&mut self, member: MemberId, mut needs: Needs) {
        self.budgets.append(&mut needs.budgets);
        needs.lots = false;
        if !needs.is_empty() {
            self.members.entry(member).or_default().merge(needs);
        }
    }

    /// Load it into the members, and what all members together used. Members are locked before.
    pub(super) async fn load(
        self,
        tx: &TenantConn,
        vault: &Vault,
        lock: Lock,
        members: &mut Members,
    ) -> Result<Shared, DbError> {
        if self.members.is_empty() && self.budgets.is_empty() {
            return Ok(Shared::default());
        }
        let (counters, uses, people, mut days, mut past, shared) = tokio::try_join!(
            biased;
            self.counters(tx),
            self.uses(tx),
            self.people(tx, vault),
            ranks::days(tx, self.days()),
            ranks::past(tx, self.with_past_ranks()),
            self.budgets(tx, lock),
        )?;
        for (member, facts) in members.iter_mut() {
            facts.history.days = days.remove(member);
            facts.ranks.past = past.remove(member);
        }
        for (member, range, found) in counters {
            if let Some(facts) = members.get_mut(&member) {
                facts.history.counters.insert(range, found);
            }
        }
        for (member, key, found) in uses {
            if let Some(facts) = members.get_mut(&member) {
                facts.history.uses.insert(key, found);
            }
        }
        for (member, person) in people {
            if let Some(facts) = members.get_mut(&member) {
                facts.history.person = Some(person);
            }
        }
        Ok(shared)
    }

    fn days(&self) -> Vec<(MemberId, DateRange)> {
        let asked = self.members.iter();
        asked
            .filter_map(|(member, needs)| Some((*member, needs.days?)))
            .collect()
    }

    fn with_past_ranks(&self) -> Vec<Uuid> {
        let asked = self.members.iter().filter(|(_, needs)| needs.past_ranks);
        asked.map(|(member, _)| member.uuid()).collect()
    }

    async fn counters(
        &self,
        tx: &TenantConn,
    ) -> Result<Vec<(MemberId, DateRange, Counters)>, DbError> {
        let asked = self.members.iter();
        let asked: Vec<(MemberId, DateRange)> = asked
            .flat_map(|(member, needs)| needs.counters.iter().map(|range| (*member, *range)))
            .collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let rows = CountersOf {
            tenant: tx.number(),
            place: places(asked.len())?,
            member: asked.iter().map(|(member, _)| member.uuid()).collect(),
            from: asked.iter().map(|(_, range)| first(*range)).collect(),
            to: asked.iter().map(|(_, range)| range.to.into()).collect(),
        };
        let found = rows.all(tx).await?.into_iter();
        let mut found: HashMap<i32, Counters> = found
            .map(|(place, spend, gross_spend, visits, points_earned, last)| {
                let counters = Counters {
                    spend: Amount::new(spend),
                    gross_spend: Amount::new(gross_spend),
                    visits,
                    points_earned: Points::new(points_earned),
                    last_visit: last.map(Date::from),
                };
                (place, counters)
            })
            .collect();
        let asked = (0_i32..).zip(asked);
        let known = asked.map(|(place, (member, range))| {
            (member, range, found.remove(&place).unwrap_or_default())
        });
        Ok(known.collect())
    }

    async fn uses(
        &self,
        tx: &TenantConn,
    ) -> Result<Vec<(MemberId, (String, DateRange), Uses)>, DbError> {
        let asked = self.members.iter();
        let asked: Vec<(MemberId, (String, DateRange))> = asked
            .flat_map(|(member, needs)| needs.uses.iter().map(|key| (*member, key.clone())))
            .collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let rows = UsesOf {
            tenant: tx.number(),
            place: places(asked.len())?,
            member: asked.iter().map(|(member, _)| member.uuid()).collect(),
            code: asked.iter().map(|(_, (code, _))| code.clone()).collect(),
            from: asked.iter().map(|(_, (_, range))| first(*range)).collect(),
            to: asked
                .iter()
                .map(|(_, (_, range))| range.to.into())
                .collect(),
        };
        let found = rows.all(tx).await?.into_iter();
        let mut found: HashMap<i32, Uses> = found
            .map(|(place, points, times)| (place, used(points, times)))
            .collect();
        let asked = (0_i32..).zip(asked);
        let known = asked
            .map(|(place, (member, key))| (member, key, found.remove(&place).unwrap_or_default()));
        Ok(known.collect())
    }

    async fn people(
        &self,
        tx: &TenantConn,
        vault: &Vault,
    ) -> Result<Vec<(MemberId, Person)>, DbError> {
        let asked = self.members.iter();
        let members: Vec<Uuid> = asked
            .filter(|(_, needs)| needs.person)
            .map(|(member, _)| member.uuid())
            .collect();
        if members.is_empty() {
            return Ok(Vec::new());
        }
        let rows = PeopleOf {
            tenant: tx.number(),
            members,
        };
        let mut people = Vec::new();
        for (member, attributes, wrapped_key, sealed) in rows.all(tx).await? {
            let owner = Owner {
                tenant: tx.tenant(),
                member,
            };
            let birth_date = match (wrapped_key, sealed) {
                (Some(key), Some(sealed)) => birth_date(vault, owner, &key, &sealed)?,
                // Erased, or never given.
                _ => None,
            };
            let attributes = serde_json::from_str(&attributes).map_err(|error| failed(&error))?;
            let person = Person {
                birth_date,
                attributes,
            };
            people.push((MemberId::from_uuid(member), person));
        }
        Ok(people)
    }

    async fn budgets(&self, tx: &TenantConn, lock: Lock) -> Result<Shared, DbError> {
        if self.budgets.is_empty() {
            return Ok(Shared::default());
        }
        let (tenant, codes) = (tx.number(), self.budgets.iter().cloned().collect());
        let rows = match lock {
            Lock::Budgets => LockBudgets { tenant, codes }.all(tx).await?,
            Lock::Nothing => ReadBudgets { tenant, codes }.all(tx).await?,
        };
        let unused = self.budgets.iter().cloned();
        let mut shared = Shared::default();
        let used = &mut shared.budgets.used;
        used.extend(unused.map(|code| (code, Uses::default())));
        for (code, points, times) in rows {
            shared.kept.insert(code.clone());
            used.insert(code, self::used(points, times));
        }
        Ok(shared)
    }
}

/// The part of a sealed profile that rules look at.
#[derive(Deserialize)]
struct Profile {
    birth_date: Option<Date>,
}

fn birth_date(
    vault: &Vault,
    owner: Owner,
    wrapped_key: &[u8],
    sealed: &[u8],
) -> Result<Option<Date>, DbError> {
    let key = vault.unwrap_key(owner, wrapped_key);
    let plain = key.and_then(|key| key.open(PROFILE, sealed));
    let plain = plain.map_err(|error| failed(&error))?;
    let profile: Profile = serde_json::from_slice(&plain).map_err(|error| failed(&error))?;
    Ok(profile.birth_date)
}

/// The places of so many questions, by which their answers are known.
fn places(count: usize) -> Result<Vec<i32>, DbError> {
    let count = i32::try_from(count).map_err(|error| failed(&error))?;
    Ok((0..count).collect())
}

pub(super) fn first(range: DateRange) -> Option<SqlDate> {
    let from = range.from.filter(|from| from.year() >= FIRST_YEAR);
    from.map(SqlDate::from)
}

const fn used(points: i64, times: i64) -> Uses {
    Uses {
        points: Points::new(points),
        times,
    }
}

fn failed(error: &dyn std::fmt::Display) -> DbError {
    DbError::Failed(error.to_string())
}
