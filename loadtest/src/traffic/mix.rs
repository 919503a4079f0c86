//! How often a till does what.

use std::str::FromStr;

use rand::{RngExt, rngs::Xoshiro256PlusPlus};

use crate::judge::Kind;

/// Weights of the kinds of calls, in the order of `Kind::ALL`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mix([u32; 3]);

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut weights = [0_u32; 3];
        for part in text.split(',') {
            let pair = part.split_once('=');
            let (name, weight) = pair.ok_or_else(|| format!("{part}: expected kind=weight"))?;
            let position = Kind::ALL.iter().position(|kind| kind.name() == name);
            let slot = position.and_then(|at| weights.get_mut(at));
            let slot = slot.ok_or_else(|| format!("{name}: not purchase, redeem or read"))?;
            let weight: u16 = weight
                .parse()
                .map_err(|error| format!("{weight}: {error}"))?;
            *slot = u32::from(weight);
        }
        if weights.iter().all(|weight| *weight == 0) {
            return Err("all weights are 0".to_owned());
        }
        Ok(Self(weights))
    }
}

impl Mix {
    /// Nothing but purchases.
    pub(crate) const PURCHASES: Self = Self([1, 0, 0]);

    /// Weights in the order of `Kind::ALL`.
    pub(crate) const fn of(weights: [u32; 3]) -> Self {
        Self(weights)
    }

    /// Draws the kind of the next call.
    pub(super) fn pick(self, random: &mut Xoshiro256PlusPlus) -> Kind {
        let mut drawn = random.random_range(0..self.0.iter().sum::<u32>().max(1));
        for (kind, weight) in Kind::ALL.into_iter().zip(self.0) {
            match drawn.checked_sub(weight) {
                Some(rest) => drawn = rest,
                None => return kind,
            }
        }
        Kind::Purchase
    }
}

#[cfg(test)]
mod tests {
    use super::Mix;

    #[test]
    fn a_mix_names_each_kind_once_with_a_weight() {
        assert_eq!(
            "purchase=60,redeem=15,read=25".parse(),
            Ok(Mix([60, 15, 25]))
        );
        assert_eq!("read=1".parse(), Ok(Mix([0, 0, 1])));
        for wrong in ["", "purchase", "sale=1", "purchase=-1", "purchase=0,read=0"] {
            assert!(wrong.parse::<Mix>().is_err(), "{wrong}");
        }
    }
}
