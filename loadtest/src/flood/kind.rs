//! With what a tenant floods.

use std::{borrow::Cow, sync::Arc};

use rand::{SeedableRng, rngs::Xoshiro256PlusPlus};

use crate::{
    clock,
    connection::{Call, Method},
    receipt::{Catalogue, Till},
    traffic::Mix,
    world::World,
};

/// What the others do.
pub(super) const OTHERS: Mix = Mix::of([60, 15, 25]);

/// One kind of flood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wave {
    /// Receipts that are right.
    Purchases,
    /// Receipts that are refused.
    Broken,
    /// Balances.
    Reads,
    /// Keys that are none.
    Strangers,
}

impl Wave {
    pub(super) const ALL: [Self; 4] = [Self::Purchases, Self::Broken, Self::Reads, Self::Strangers];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Purchases => "purchases",
            Self::Broken => "receipts with faults",
            Self::Reads => "reads",
            Self::Strangers => "keys that are none",
        }
    }
}

/// The calls of one connection.
pub(super) struct Calls {
    wave: Wave,
    random: Xoshiro256PlusPlus,
    catalogue: Catalogue,
    mark: String,
    number: usize,
    sent: u64,
}

impl Calls {
    pub(super) fn new(wave: Wave, number: u32) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(u64::from(number));
        Self {
            wave,
            catalogue: Catalogue::new(&mut random),
            random,
            mark: clock::run_mark(),
            number: usize::try_from(number).unwrap_or_default(),
            sent: 0,
        }
    }

    /// The next one; none where the world is empty.
    pub(super) fn next(&mut self, world: &World) -> Option<Call> {
        self.sent = self.sent.saturating_add(1);
        let position = usize::try_from(self.sent).unwrap_or_default();
        let position = position
            .checked_add(self.number)?
            .checked_rem(world.members.len())?;
        let member = world.members.get(position)?;
        let secret = Arc::clone(&world.tenants.get(member.tenant)?.secret);
        let purchases = Cow::Borrowed("/v1/purchases");
        let key = format!("{}-{}", self.mark, self.sent);
        let call = match self.wave {
            Wave::Purchases => {
                let till = Till {
                    mark: &self.mark,
                    number: self.number,
                    receipt: self.sent,
                };
                let receipt = self.catalogue.purchase(&mut self.random, till, member);
                Call {
                    method: Method::Post,
                    path: purchases,
                    secret,
                    key: Some(key),
                    body: receipt.body,
                }
            }
            Wave::Broken => Call {
                method: Method::Post,
                path: purchases,
                secret,
                key: Some(key),
                body: r#"{"store":"load","lines":[{"quantity":-1}],"member":7}"#.to_owned(),
            },
            Wave::Reads => Call {
                method: Method::Get,
                path: Cow::Owned(member.balances.clone()),
                secret,
                key: None,
                body: String::new(),
            },
            Wave::Strangers => Call {
                method: Method::Get,
                path: Cow::Owned(member.balances.clone()),
                secret: Arc::from(format!("tmr_live_{}_{}", self.mark, self.sent)),
                key: None,
                body: String::new(),
            },
        };
        Some(call)
    }
}
