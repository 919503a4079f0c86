//! Redemptions over the door of the domain, and what time does.

use crate::shop::{Done, Kept, Shop, Subject, trail_of};
use crate::steps::Job;
use domain::amount::Points;
use domain::decide::{ChangeRedemption, Command, Outcome, RedeemPoints, RedemptionChange, Sweep};
use jiff::SignedDuration;

impl Shop {
    pub(crate) fn redeem(&mut self, member: usize, points: i64, hold: Option<i64>) -> Done {
        let command = Command::Redeem(RedeemPoints {
            seed: self.seed(),
            wallet: "points".to_owned(),
            points: Points::new(points),
            hold: hold.map(SignedDuration::from_secs),
            reference: None,
            store: None,
            occurred_at: None,
        });
        let decision = self.act(Some(member), Subject::None, &command)?;
        let Outcome::Redemption(recorded) = decision.outcome else {
            return Err("another answer than that of a redemption".to_owned());
        };
        let points = recorded.points.get();
        self.redemptions.push(Kept {
            member: Some(member),
            recorded,
            trail: trail_of(&decision.transaction.unwrap()),
        });
        Ok((Some(member), vec![points]))
    }

    pub(crate) fn change(&mut self, place: usize, change: RedemptionChange) -> Done {
        let seed = self.seed();
        let kept = self.redemptions.get(place).ok_or("not_found")?;
        let member = kept.member;
        let command = Command::ChangeRedemption(Box::new(ChangeRedemption {
            seed,
            redemption: kept.recorded.clone(),
            change,
            occurred_at: None,
        }));
        let decision = self.act(member, Subject::Redemption(place), &command)?;
        match decision.outcome {
            Outcome::RedemptionChanged(changed) => {
                Ok((member, vec![changed.redemption.points.get()]))
            }
            _ => Ok((member, Vec::new())),
        }
    }

    pub(crate) fn sweep(&mut self, member: usize, job: Job) -> Result<Vec<i64>, String> {
        if job == Job::Lapse {
            // As the job does it: those first that were over first.
            let mine = |place: &usize| self.redemptions[*place].member == Some(member);
            let mut places: Vec<usize> = (0..self.redemptions.len()).filter(mine).collect();
            places.sort_by_key(|place| self.redemptions[*place].recorded.expires_at);
            for place in places {
                self.change(place, RedemptionChange::Lapse)?;
            }
            return Ok(Vec::new());
        }
        let sweep = Sweep { seed: self.seed() };
        let command = match job {
            Job::Activate => Command::Activate(sweep),
            _ => Command::Expire(sweep),
        };
        self.act(Some(member), Subject::None, &command)?;
        Ok(Vec::new())
    }
}
