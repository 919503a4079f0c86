//! Claims, corrections by hand, transfers and events over the door of the domain.

use crate::corrections::{APPLIED, REJECTED, WAITS};
use crate::shop::{Done, Kept, Shop, Subject, at};
use domain::amount::Points;
use domain::decide::{
    AdjustPoints, AdjustmentOutcome, AdjustmentState, ClaimPurchase, Command, Decision, Outcome,
    ReportEvent, ReviewAdjustment, TransferPoints, decide_transfer,
};
use domain::id::ApiKeyId;
use domain::trail::Trail;
use uuid::Uuid;

/// The key of a hand.
fn key(hand: usize) -> ApiKeyId {
    ApiKeyId::from_uuid(Uuid::from_u128(9 + u128::try_from(hand).unwrap()))
}

fn numbers(made: &AdjustmentOutcome) -> Vec<i64> {
    let stands = match made.state {
        AdjustmentState::Applied => APPLIED,
        AdjustmentState::PendingApproval => WAITS,
        AdjustmentState::Rejected => REJECTED,
    };
    vec![made.points.get(), made.wanted.get(), stands]
}

impl Shop {
    pub(crate) fn claim(&mut self, place: usize, member: usize) -> Done {
        let seed = self.seed();
        let kept = self.purchases.get(place).ok_or("not_found")?;
        let command = Command::Claim(Box::new(ClaimPurchase {
            seed,
            purchase: kept.recorded.clone(),
            occurred_at: None,
        }));
        let decision = self.act(Some(member), Subject::Purchase(place), &command)?;
        let Outcome::Claim(outcome) = decision.outcome else {
            return Err("another answer than that of a claim".to_owned());
        };
        self.purchases[place].member = Some(member);
        let earned = outcome.earned.iter().map(|part| part.points.get()).sum();
        let paid = outcome.redeemed.iter().map(|part| part.points.get()).sum();
        Ok((Some(member), vec![earned, paid]))
    }

    pub(crate) fn adjust(
        &mut self,
        hand: usize,
        member: usize,
        points: i64,
        (starts, ends): (Option<i64>, Option<i64>),
    ) -> Done {
        let command = Command::Adjust(Box::new(AdjustPoints {
            seed: self.seed(),
            actor: key(hand),
            wallet: "points".to_owned(),
            points: Points::new(points),
            reason: "a walk".to_owned(),
            expires_at: ends.map(at),
            activates_at: starts.map(at),
            occurred_at: None,
        }));
        let decision = self.act(Some(member), Subject::None, &command)?;
        let Outcome::Adjustment(outcome) = decision.outcome else {
            return Err("another answer than that of an adjustment".to_owned());
        };
        let numbers = numbers(&outcome);
        // As it is stored and read again.
        let text = serde_json::to_string(&outcome).unwrap();
        self.adjustments.push(Kept {
            member: Some(member),
            recorded: serde_json::from_str(&text).unwrap(),
            trail: Trail::default(),
        });
        Ok((Some(member), numbers))
    }

    pub(crate) fn review(&mut self, place: usize, hand: usize, approves: bool) -> Done {
        let seed = self.seed();
        let kept = self.adjustments.get(place).ok_or("not_found")?;
        let (member, adjustment) = (kept.member, kept.recorded.clone());
        let command = Command::ReviewAdjustment(Box::new(ReviewAdjustment {
            seed,
            actor: key(hand),
            is_own: false,
            adjustment,
            approves,
        }));
        let decision = self.act(member, Subject::Adjustment(place), &command)?;
        let Outcome::AdjustmentReviewed(reviewed) = decision.outcome else {
            return Err("another answer than that of a review".to_owned());
        };
        Ok((member, numbers(&reviewed.adjustment)))
    }

    /// Decides twice, which must be the same, and records both sides.
    pub(crate) fn transfer(&mut self, (from, to): (usize, usize), points: i64) -> Done {
        let now = at(self.now);
        let (sender, receiver) = (self.members[from].load(None), self.members[to].load(None));
        let command = TransferPoints {
            seed: self.seed(),
            to: receiver.member,
            wallet: "points".to_owned(),
            points: Points::new(points),
            reason: None,
            occurred_at: None,
        };
        let decide = || decide_transfer(&self.catalog, (&sender, &receiver), &command, now);
        let decided = decide();
        if decided != decide() {
            return Err("the same is decided in two ways".to_owned());
        }
        let decided = decided.map_err(|refusal| refusal.code().to_owned())?;
        self.members[from].record(&sender, &decided.sent)?;
        self.members[to].record(&receiver, &decided.received)?;
        let Outcome::Transfer(outcome) = &decided.sent.outcome else {
            return Err("another answer than that of a transfer".to_owned());
        };
        let version = |side: &Decision| side.transaction.as_ref().unwrap().version;
        for (member, side, told) in [
            (from, &decided.sent, &outcome.from),
            (to, &decided.received, &outcome.to),
        ] {
            let seen = (Some(told.version), told.balances.as_slice());
            self.check_seen(member, seen, version(side))?;
        }
        Ok((Some(from), vec![outcome.points.get()]))
    }

    pub(crate) fn event(&mut self, place: usize, what: &str) -> Done {
        let seed = self.seed();
        let kept = self.purchases.get(place).ok_or("not_found")?;
        let (member, bought) = (kept.member, &kept.recorded.outcome);
        let command = Command::Event(ReportEvent {
            seed,
            purchase: bought.id,
            purchased_at: bought.occurred_at,
            event: what.to_owned(),
            occurred_at: None,
        });
        let decision = self.act(member, Subject::None, &command)?;
        let Outcome::Event(outcome) = decision.outcome else {
            return Err("another answer than that of an event".to_owned());
        };
        let activated = outcome.activated.iter().map(|part| part.points.get());
        Ok((member, vec![activated.sum()]))
    }
}
