//! Which operation is tried next: four of five times on something that is there and stands so that it can be done,
//! because a walk among ids that nobody has proves nothing.

use super::corrections::{Adjustment, Stands};
use super::goods::{Line, Purchase};
use super::model::{DAY, Model, Redemption, State, begins};
use super::rules::Dice;
use super::steps::{Goods, HANDS, Job, MEMBERS, Step};

/// The next step of a walk; `is_keyed`: the ledger knows keys and does the jobs with its clock.
pub(crate) fn next(dice: &mut Dice, model: &Model, is_keyed: bool) -> Step {
    let member = dice.below(MEMBERS);
    match dice.below(100) {
        0..22 => buy(dice, model, member),
        22..36 => give_back(dice, model),
        36..45 => redeem(dice, model, member),
        45..50 => {
            let redemption = redemption(dice, model, State::Reserved);
            let points = dice.is(60).then(|| dice.up_to(40));
            Step::Capture { redemption, points }
        }
        50..54 => {
            let redemption = redemption(dice, model, State::Reserved);
            Step::Release { redemption }
        }
        54..58 => {
            let redemption = redemption(dice, model, State::Captured);
            Step::Reverse { redemption }
        }
        58..62 => claim(dice, model, member),
        62..66 => adjust(dice, model, member),
        66..70 => transfer(dice, model, member),
        70..74 => event(dice, model),
        74..81 => clock(dice, model),
        81..84 => review(dice, model),
        84..86 => Step::Look { member },
        number => again(dice, model, number, is_keyed),
    }
}

/// The jobs, or something that was sent before.
fn again(dice: &mut Dice, model: &Model, number: usize, is_keyed: bool) -> Step {
    let member = dice.below(MEMBERS);
    if !is_keyed {
        let job = dice.one(&[Job::Activate, Job::Expire, Job::Lapse]);
        return Step::Sweep { member, job };
    }
    if model.log.is_empty() {
        return Step::Look { member };
    }
    // Mostly something recent: its effects are still there to be doubled.
    let among = if dice.is(70) { 6 } else { model.log.len() };
    let back = dice.below(among);
    let of = model.log.len().saturating_sub(1 + back);
    if number < 93 {
        Step::Replay { of }
    } else {
        Step::Clash { of }
    }
}

fn buy(dice: &mut Dice, model: &Model, member: usize) -> Step {
    let count = dice.below(3) + 1;
    let lines = (0..count).map(|_| {
        let pieces = dice.one(&[1, 1, 2, 3]);
        let price = match dice.below(8) {
            0 => 0,
            1 => 99,
            2..5 => dice.up_to(600),
            _ => dice.up_to(6_000),
        };
        (pieces, price)
    });
    let lines = lines.collect();
    let available = model.available(member);
    let member = (!dice.is(15)).then_some(member);
    let pays = dice.is(35) && member.is_some();
    let pay = pays.then(|| match dice.is(80) {
        true => dice.up_to(available.min(60)),
        false => available + dice.up_to(3),
    });
    let days_ago = if dice.is(75) {
        0
    } else {
        dice.one(&[1, 2, 4, 12])
    };
    Step::Buy {
        member,
        lines,
        pay,
        days_ago,
    }
}

fn redeem(dice: &mut Dice, model: &Model, member: usize) -> Step {
    let available = model.available(member);
    let points = match dice.below(10) {
        0 => available + 1,
        1..4 => available.max(1),
        _ => dice.up_to(available),
    };
    let hold = dice
        .is(65)
        .then(|| dice.one(&[60, 7_200, DAY, 3 * DAY, 7 * DAY]));
    Step::Redeem {
        member,
        points,
        hold,
    }
}

/// One that stands so, or any, or one that nobody made.
fn redemption(dice: &mut Dice, model: &Model, state: State) -> usize {
    let stands = |made: &Redemption| made.state == state;
    let places = places(&model.redemptions, stands);
    some(dice, &places, model.redemptions.len())
}

fn places<T>(all: &[T], is_meant: impl Fn(&T) -> bool) -> Vec<usize> {
    let meant = all.iter().enumerate().filter(|(_, one)| is_meant(one));
    meant.map(|(place, _)| place).collect()
}

fn some(dice: &mut Dice, live: &[usize], all: usize) -> usize {
    match dice.is(80) && !live.is_empty() {
        true => dice.one(live),
        false => dice.below(all + 1),
    }
}

fn give_back(dice: &mut Dice, model: &Model) -> Step {
    let open = places(&model.purchases, |bought: &Purchase| !bought.is_gone());
    let purchase = some(dice, &open, model.purchases.len());
    let Some(bought) = model.purchases.get(purchase) else {
        let goods = Goods::All;
        return Step::GiveBack { purchase, goods };
    };
    let over = i64::from(dice.is(15));
    let beyond = usize::from(dice.is(3));
    let place = dice.below(bought.lines.len() + beyond);
    let line = bought.lines.get(place);
    let left = line.map_or(1, Line::left);
    let worth = line.map_or(1, Line::worth);
    let goods = match dice.below(10) {
        0..2 => Goods::All,
        2..4 => Goods::Line(place, None, None),
        4..6 => Goods::Line(place, Some(dice.up_to(left) + over), None),
        6..8 => Goods::Line(place, None, Some(dice.up_to(worth) + over)),
        8 => Goods::Worth(bought.worth() + over + i64::from(bought.worth() + over == 0)),
        _ => Goods::Worth(dice.up_to(bought.worth())),
    };
    Step::GiveBack { purchase, goods }
}

fn claim(dice: &mut Dice, model: &Model, member: usize) -> Step {
    let is_open = |bought: &Purchase| bought.member.is_none() && !bought.is_gone();
    let open = places(&model.purchases, is_open);
    let purchase = some(dice, &open, model.purchases.len());
    Step::Claim { purchase, member }
}

fn adjust(dice: &mut Dice, model: &Model, member: usize) -> Step {
    let points = match dice.below(10) {
        0..6 => dice.up_to(40),
        6..9 => -dice.up_to(40),
        _ => -model.available(member).max(1),
    };
    // The start of a business day or any moment.
    let mut soon = |from: i64| {
        let at = from + dice.up_to(4 * DAY);
        if dice.is(70) {
            begins(at / DAY + 1)
        } else {
            at
        }
    };
    let (starts, ends) = (soon(model.now), soon(model.now + 4 * DAY));
    let (has_start, has_end) = (dice.is(25), dice.is(40));
    Step::Adjust {
        hand: dice.below(HANDS),
        member,
        points,
        starts: (has_start && points > 0).then_some(starts),
        ends: (has_end && points > 0).then_some(ends),
    }
}

/// Mostly of what waits, and by a hand that may.
fn review(dice: &mut Dice, model: &Model) -> Step {
    let waits = |made: &Adjustment| made.stands == Stands::Waits;
    let waiting = places(&model.adjustments, waits);
    let adjustment = some(dice, &waiting, model.adjustments.len());
    let asker = model
        .adjustments
        .get(adjustment)
        .map_or(0, |made| made.hand);
    let hand = if dice.is(70) {
        (asker + 1) % HANDS
    } else {
        asker
    };
    Step::Review {
        adjustment,
        hand,
        approves: dice.is(75),
    }
}

fn transfer(dice: &mut Dice, model: &Model, from: usize) -> Step {
    let available = model.available(from);
    let points = match dice.below(10) {
        0 => available + 1,
        1..4 => available.max(1),
        _ => dice.up_to(available),
    };
    let to = if dice.is(95) {
        (from + dice.below(MEMBERS - 1) + 1) % MEMBERS
    } else {
        from
    };
    Step::Transfer { from, to, points }
}

/// Mostly what somebody waits for.
fn event(dice: &mut Dice, model: &Model) -> Step {
    let waits = |bought: &Purchase| model.waits_for_delivery(bought);
    let waiting = places(&model.purchases, waits);
    let purchase = some(dice, &waiting, model.purchases.len());
    let what = if dice.is(90) { "delivered" } else { "opened" };
    Step::Event { purchase, what }
}

fn clock(dice: &mut Dice, model: &Model) -> Step {
    let due = model.next_due().into_iter().flatten().min();
    let due = due.map_or(0, |due| due - model.now);
    let seconds = match dice.below(6) {
        // The very instant, and the one before it.
        0..2 if due > 1 => due - dice.one(&[0, 1]),
        0..3 => dice.up_to(7_200),
        3..5 => dice.up_to(DAY),
        _ => dice.up_to(4 * DAY),
    };
    Step::Clock { seconds }
}
