//! What a tenant has configured, as loaded at one moment: a batch is judged by one catalog, so
//! that no two of its commands see different rules.

use crate::id::StoreId;
use crate::program::{Program, Wallet};
use crate::settings::Settings;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;

/// A branch that receipts name by its code.
#[derive(Debug, Clone, PartialEq)]
pub struct Store {
    /// The id outside.
    pub id: StoreId,
    /// What a receipt calls it.
    pub code: String,
    /// Makes business dates of its receipts; none = the tenant's.
    pub time_zone: Option<TimeZone>,
}

/// A published program and the instant from which it counts.
#[derive(Debug, Clone)]
pub struct Version {
    /// Counts up from 1 within the tenant.
    pub number: i32,
    /// Inclusive.
    pub effective_from: Timestamp,
    /// The document, validated.
    pub program: Arc<Program>,
}

/// Settings, stores and program versions of one tenant.
#[derive(Debug, Clone)]
pub struct Catalog {
    /// Changes with every change of the content.
    pub revision: i64,
    /// The tenant's settings.
    pub settings: Settings,
    /// By code.
    pub stores: HashMap<String, Store>,
    /// Ascending by `effective_from`, then number.
    pub versions: Vec<Version>,
}

impl Catalog {
    /// The version in force at `at`: the latest `effective_from` not after it, ties to the
    /// highest number.
    #[must_use]
    pub fn version_at(&self, at: Timestamp) -> Option<&Version> {
        self.versions_until(at).last()
    }

    /// Whether any version has ladders of ranks.
    #[must_use]
    pub fn has_ladders(&self) -> bool {
        let mut versions = self.versions.iter();
        versions.any(|version| !version.program.ladders().is_empty())
    }

    /// The store with this code.
    #[must_use]
    pub fn store(&self, code: &str) -> Option<&Store> {
        self.stores.get(code)
    }

    /// The wallet's settings at `at`. One that a later version dropped stays redeemable under its
    /// last settings.
    #[must_use]
    pub fn wallet_at(&self, at: Timestamp, code: &str) -> Option<&Wallet> {
        self.versions_until(at)
            .iter()
            .rev()
            .find_map(|version| version.program.wallet(code))
    }

    /// The version in force at `at` and those after it.
    pub(crate) fn versions_from(&self, at: Timestamp) -> &[Version] {
        let before = self.versions_until(at).len().saturating_sub(1);
        self.versions.get(before..).unwrap_or_default()
    }

    fn versions_until(&self, at: Timestamp) -> &[Version] {
        let count = self
            .versions
            .partition_point(|version| version.effective_from <= at);
        self.versions.get(..count).unwrap_or_default()
    }
}
