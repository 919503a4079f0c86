//! What handlers may use, made once per process.

use std::sync::Arc;

use domain::amount::Points;
use domain::fault::{Fault, FaultCode};

use crate::allowance::{Allowances, Held};
use crate::audit::Actor;
use crate::auth::{KeyRing, Principal};
use crate::balances_cache::BalancesCache;
use crate::catalog::Catalogs;
use crate::config::Config;
use crate::db::{Db, DbError, TenantNumber};
use crate::ledger::{Answer, Ledger, Submission};
use crate::page::Cursors;
use crate::problem::Problem;
use crate::redis::Redis;
use crate::roster::LookUpKeys;
use crate::secrets::Secrets;
use crate::telemetry::Metrics;
use crate::vault::Vault;

/// Everything that requests share.
#[derive(Debug)]
pub struct App {
    /// The process's settings.
    pub config: Config,
    /// The database as the service sees it.
    pub db: Db,
    /// The hot copy; may be absent.
    pub redis: Arc<Redis>,
    /// Derives secrets from the master key.
    pub secrets: Secrets,
    /// Signs list cursors.
    pub cursors: Cursors,
    /// Knows the keys that call.
    pub keys: KeyRing,
    /// Finds members by what a till knows of them.
    pub look_ups: LookUpKeys,
    /// What tenants have configured.
    pub catalogs: Catalogs,
    /// Hot balances.
    pub balances: BalancesCache,
    /// The one write door.
    pub ledger: Ledger,
    /// Counts what keys with a daily limit move by hand.
    pub allowances: Allowances,
    /// Seals personal data.
    pub vault: Vault,
    /// What `/metrics` shows.
    pub metrics: Metrics,
}

impl App {
    /// Submit what moves points by hand, within what the caller's key may move per call and per day.
    pub(crate) async fn submit_counted(
        &self,
        caller: &Principal,
        points: Points,
        submission: Submission,
    ) -> Result<Answer, Problem> {
        let held = self.allowances.hold(caller, submission.key, points).await?;
        settled(held, self.ledger.submit(submission).await).await
    }

    /// The same for what the audit log tells of.
    pub(crate) async fn submit_audited(
        &self,
        caller: &Principal,
        points: Points,
        submission: Submission,
    ) -> Result<Answer, Problem> {
        let held = self.allowances.hold(caller, submission.key, points).await?;
        let answer = self
            .ledger
            .submit_audited(submission, Actor::caller(caller));
        settled(held, answer.await).await
    }

    /// A fault for each of these codes that no store of the tenant has, under `/stores`.
    pub(crate) async fn unknown_stores(
        &self,
        tenant: TenantNumber,
        codes: &[String],
    ) -> Result<Vec<Fault>, Problem> {
        let (db, catalogs) = (self.db.clone(), self.catalogs.clone());
        let catalog = self.db.run(async move {
            let tx = db.snapshot(tenant).await?;
            let (catalog, _) = catalogs.for_transaction(&tx).await?;
            tx.commit().await?;
            Ok::<_, DbError>(catalog)
        });
        let catalog = catalog.await??;
        let unknown = codes.iter().enumerate();
        let unknown = unknown.filter(|(_, code)| !catalog.stores.contains_key(*code));
        let fault = |(index, _): (usize, &String)| {
            let pointer = format!("/stores/{index}");
            Fault::new(
                pointer,
                FaultCode::UnknownStore,
                "The tenant has no such store.",
            )
        };
        Ok(unknown.map(fault).collect())
    }

    /// 422 `unknown_store` under `/store` where no store of the tenant has this code.
    pub(crate) async fn known_store(
        &self,
        tenant: TenantNumber,
        code: &str,
    ) -> Result<(), Problem> {
        let mut faults = self.unknown_stores(tenant, &[code.to_owned()]).await?;
        for fault in &mut faults {
            "/store".clone_into(&mut fault.pointer);
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Problem::invalid(faults))
        }
    }
}

/// The answer to what points were counted for, which are kept or given back by it.
pub(crate) async fn settled(
    held: Held,
    answer: Result<Answer, Problem>,
) -> Result<Answer, Problem> {
    held.settle(answer.as_ref().map(|answer| answer.replay.is_some()))
        .await;
    answer
}
