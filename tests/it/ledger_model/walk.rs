//! A walk: a program and steps that follow from a seed, done to the model and to a ledger side by side, and compared
//! after each of them.

use super::answer::{Answer, Shown};
use super::choice::next;
use super::model::Model;
use super::rules::{Dice, Rules};
use super::steps::{MEMBERS, Step};

/// A ledger that is compared with the model.
pub(crate) trait Ledger {
    /// Whether it knows keys, and does the jobs when its clock moves.
    const IS_KEYED: bool;

    /// Does a step, the `number`-th of the walk, which is its key; `repeated`: the step whose key it has.
    fn run(&mut self, step: &Step, number: usize) -> Answer;

    /// How a member stands.
    fn shown(&mut self, member: usize) -> Result<Shown, String>;
}

/// Where a walk left the model.
#[derive(Debug)]
pub(crate) struct Parted {
    /// The steps until then.
    pub(crate) steps: Vec<Step>,
    pub(crate) what: String,
}

/// A number of the environment.
pub(crate) fn number(variable: &str, otherwise: u64) -> u64 {
    let given = std::env::var(variable).ok();
    given.map_or(otherwise, |text| text.parse().unwrap())
}

/// The program of a seed and its dice.
pub(crate) fn begin(seed: u64) -> (Rules, Dice) {
    let mut dice = Dice(seed);
    (Rules::of(&mut dice), dice)
}

/// Walks so many steps.
pub(crate) fn walk<L: Ledger>(
    seed: u64,
    length: usize,
    now: i64,
    ledger: &mut L,
) -> Result<(), Parted> {
    let (rules, mut dice) = begin(seed);
    let mut model = Model::new(rules, MEMBERS, now);
    let mut steps = Vec::new();
    for number in 0..length {
        let step = next(&mut dice, &model, L::IS_KEYED);
        steps.push(step.clone());
        if let Err(what) = take(&mut model, ledger, &step, number) {
            return Err(Parted { steps, what });
        }
    }
    Ok(())
}

/// Does one step to both and compares.
pub(crate) fn take<L: Ledger>(
    model: &mut Model,
    ledger: &mut L,
    step: &Step,
    number: usize,
) -> Result<(), String> {
    // What has the key of an earlier step is that step, or another one under its key.
    let (sent, key) = match step {
        Step::Replay { of } | Step::Clash { of } => {
            let Some((key, first, _)) = model.log.get(*of) else {
                return Ok(());
            };
            let is_same = matches!(step, Step::Replay { .. });
            let sent = if is_same {
                first.clone()
            } else {
                first.other()
            };
            (sent, *key)
        }
        _ => (step.clone(), number),
    };
    let expected = match step {
        Step::Clock { seconds } if L::IS_KEYED => {
            model.pass(*seconds);
            model.run(number, &Step::Look { member: 0 })
        }
        _ => model.run(number, step),
    };
    let answer = ledger.run(&sent, key);
    if answer != expected {
        return Err(format!("answered {answer:?}, not {expected:?}"));
    }
    // Over HTTP only who was acted on, but everybody once time has passed.
    let looks_at_all = !L::IS_KEYED || matches!(step, Step::Clock { .. });
    let acted_on = model.members_of(&sent);
    for member in (0..MEMBERS).filter(|member| looks_at_all || acted_on.contains(member)) {
        let (shown, expected) = (ledger.shown(member)?, model.shown(member));
        let expected = if shown.sums.is_none() {
            expected.for_callers()
        } else {
            expected
        };
        if shown != expected {
            return Err(format!("member {member} has {shown:?}, not {expected:?}"));
        }
    }
    Ok(())
}
