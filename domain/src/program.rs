//! A tenant's program document, validated once: what stands here can be evaluated without another
//! look at whether it makes sense.

use crate::fault::{Fault, FaultCode};
use serde_json::Value;
use std::collections::BTreeSet;

/// A kind of points that members hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wallet {
    /// Unique in the document.
    pub code: String,
    /// For people.
    pub name: String,
}

/// A program document that can be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    wallets: Vec<Wallet>,
}

impl Program {
    /// Reads a draft: either the program and its warnings, or every problem at once. `stores` are
    /// the codes that conditions may name.
    pub fn parse(
        document: &Value,
        _stores: &BTreeSet<String>,
    ) -> Result<(Self, Vec<Fault>), Vec<Fault>> {
        Self::load(document).map(|program| (program, Vec::new()))
    }

    /// Reads a version that was published: the same rules, but a store that is gone since is no
    /// problem.
    pub fn load(document: &Value) -> Result<Self, Vec<Fault>> {
        if document.is_object() {
            Ok(Self {
                wallets: Vec::new(),
            })
        } else {
            Err(vec![Fault::new(
                "",
                FaultCode::InvalidType,
                "the program is an object",
            )])
        }
    }

    /// The wallets in document order.
    #[must_use]
    pub fn wallets(&self) -> &[Wallet] {
        &self.wallets
    }

    /// The wallet with this code.
    #[must_use]
    pub fn wallet(&self, code: &str) -> Option<&Wallet> {
        self.wallets.iter().find(|wallet| wallet.code == code)
    }
}
