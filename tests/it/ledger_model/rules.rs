//! The program of a walk, and the dice that make it and the walk.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shortage {
    Negative,
    Clamp,
    Refuse,
}

/// When points become spendable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// At once, or so many days after they were earned.
    Days(i64),
    /// When the goods are delivered; else they are cancelled after the day so many days after that.
    Delivery(Option<i64>),
}

/// The program of a walk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Days that points live after the one on which they become spendable; none = for ever.
    pub(crate) lives: Option<i64>,
    pub(crate) activation: Activation,
    pub(crate) shortage: Shortage,
    /// Whether a wish for more than may be paid is cut.
    pub(crate) clamps: bool,
    /// Whether returns go by share instead of judging anew.
    pub(crate) prorates: bool,
    /// Days within which a receipt of nobody may be claimed.
    pub(crate) claim_days: i64,
    /// More points than these, given or taken by hand, wait for a second hand; none = no number of them does.
    pub(crate) two_hands_above: Option<i64>,
}

/// A source of numbers that are the same for the same seed (splitmix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).unwrap();
        usize::try_from(self.next() % end).unwrap()
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    /// From 1 to `most`.
    pub(crate) fn up_to(&mut self, most: i64) -> i64 {
        i64::try_from(self.below(usize::try_from(most.max(1)).unwrap())).unwrap() + 1
    }

    pub(crate) fn is(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

impl Rules {
    pub(crate) fn of(dice: &mut Dice) -> Self {
        Self {
            lives: dice.one(&[None, Some(1), Some(3), Some(3), Some(10)]),
            activation: dice.one(&[
                Activation::Days(0),
                Activation::Days(0),
                Activation::Days(0),
                Activation::Days(1),
                Activation::Days(4),
                Activation::Delivery(None),
                Activation::Delivery(Some(2)),
            ]),
            shortage: dice.one(&[
                Shortage::Negative,
                Shortage::Negative,
                Shortage::Negative,
                Shortage::Clamp,
                Shortage::Refuse,
            ]),
            clamps: dice.is(30),
            prorates: dice.is(30),
            claim_days: dice.one(&[0, 2, 30]),
            two_hands_above: dice.one(&[None, Some(12), Some(12), Some(25)]),
        }
    }

    pub(crate) fn document(&self) -> Value {
        let expiry = match self.lives {
            None => json!({"type": "never"}),
            Some(days) => json!({"type": "after", "days": days}),
        };
        let activation = match self.activation {
            Activation::Days(0) => json!({"type": "immediate"}),
            Activation::Days(days) => json!({"type": "after_days", "days": days}),
            Activation::Delivery(None) => json!({"type": "on_event", "event": "delivered"}),
            Activation::Delivery(Some(days)) => {
                json!({"type": "on_event", "event": "delivered", "cancel_after_days": days})
            }
        };
        let shortage = match self.shortage {
            Shortage::Negative => "negative",
            Shortage::Clamp => "clamp",
            Shortage::Refuse => "refuse",
        };
        json!({
            "wallets": [{"code": "points", "expiry": expiry, "activation": activation, "on_shortage": shortage,
                "redemption": {"over": if self.clamps { "clamp" } else { "refuse" }}}],
            "earn_rules": [{"code": "base", "wallet": "points",
                "award": {"type": "per_amount", "amount": 100, "points": 1}}],
            "returns": {"mode": if self.prorates { "prorate" } else { "recompute" },
                "late_claim_days": self.claim_days},
        })
    }
}
