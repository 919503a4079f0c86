//! Random ladders and histories: they agree with the reference, and it never matters who does
//! reviews, or when.
#![expect(
    clippy::arithmetic_side_effects,
    reason = "a property is stated in plain arithmetic; an overflow fails the test"
)]

use super::place::{Place, place};
use super::spec::{Ladder, ladder};
use super::story::{Story, with_ranks};
use super::world::{Deed, World};
use crate::decide::tests::at;
use crate::decide::{Command, ReviewRanks};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::prelude::{
    BoxedStrategy, Just, ProptestConfig, Strategy, any, prop, prop_assert, prop_assert_eq,
    prop_oneof, proptest,
};
use serde_json::{Value, json};

const BEGIN: &str = "2027-12-10T03:00:00Z";

/// A deed, and the hours that pass before it.
type Step = (i64, Deed);

fn buy(most_late: i64) -> impl Strategy<Value = Deed> {
    let late = prop_oneof![3 => Just(0_i64), 1 => 0..=most_late];
    let hours = prop_oneof![3 => Just(0_i64), 1 => 0_i64..30];
    (late, hours, 0_i64..12).prop_map(|(days_late, hours_late, money)| Deed::Buy {
        days_late,
        hours_late,
        money: 125 * money,
    })
}

fn deed() -> impl Strategy<Value = Deed> {
    let set = (
        prop::option::weighted(0.7, 0_usize..3),
        prop::option::weighted(0.7, 0_i64..40),
    );
    let set = set.prop_map(|(step, days)| Deed::Set { step, days });
    prop_oneof![8 => buy(40), 3 => Just(Deed::Night), 2 => set]
}

fn steps() -> BoxedStrategy<Vec<Step>> {
    let gap = prop_oneof![2 => 0_i64..30, 3 => 0_i64..400, 1 => 300_i64..2_000];
    prop::collection::vec((gap, deed()), 1..16).boxed()
}

fn enrolled_on() -> impl Strategy<Value = Date> {
    prop_oneof![
        Just(date(2024, 2, 29)),
        Just(date(2027, 1, 31)),
        (0_i64..420).prop_map(|days| date(2026, 12, 1) + days.days()),
    ]
}

/// One to three programs; a later one may have other ladders, or other codes for its steps.
fn eras() -> BoxedStrategy<Vec<(Timestamp, Vec<Ladder>)>> {
    let main = || prop_oneof![3 => ladder("main", "m"), 1 => ladder("main", "n")].boxed();
    let ladders = || {
        let both = (
            prop::option::weighted(0.9, main()),
            prop::option::weighted(0.4, ladder("side", "s")),
        );
        both.prop_map(|(main, side)| main.into_iter().chain(side).collect::<Vec<_>>())
            .boxed()
    };
    let later = prop::collection::vec((1_i64..60, 0_i64..24, ladders()), 0..3);
    let side = prop::option::weighted(0.4, ladder("side", "s"));
    let eras = (main(), side, later).prop_map(|(main, side, later)| {
        let first: Vec<Ladder> = std::iter::once(main).chain(side).collect();
        let mut from = at(BEGIN) + SignedDuration::from_hours(9);
        let mut eras = vec![(at("2020-01-01T00:00:00Z"), first)];
        for (days, hours, ladders) in later {
            from += SignedDuration::from_hours(24 * days + hours);
            eras.push((from, ladders));
        }
        eras
    });
    eras.boxed()
}

fn a_place() -> BoxedStrategy<Place> {
    let parts = (any::<bool>(), enrolled_on(), eras());
    let place = parts.prop_map(|(new_york, enrolled_on, eras)| place(new_york, enrolled_on, eras));
    place.boxed()
}

fn world(place: &Place) -> World {
    World::new(place, &["main", "side"], date(2027, 10, 1))
}

/// Who does the reviews.
#[derive(Debug, Clone, Copy)]
enum Manner {
    /// The next receipt.
    Lazy,
    /// A job, every night.
    Nightly,
    /// A job now and then, told by these bits.
    Mixed(u64),
}

/// Deeds under one manner. Before a receipt of the past the job catches up: which reviews it comes
/// after is what happened, not who did them.
fn run(place: &Place, steps: &[Step], manner: Manner) -> World {
    let mut world = world(place);
    let mut now = at(BEGIN);
    world.nights_from(world.today(now));
    for (number, (hours, deed)) in steps.iter().enumerate() {
        let then = now;
        now += SignedDuration::from_hours(*hours);
        match manner {
            Manner::Lazy => {}
            Manner::Nightly => world.nights(world.today(now), now),
            Manner::Mixed(bits) if (bits >> (2 * number)) & 1 == 1 => {
                let middle = then + SignedDuration::from_hours(*hours) / 2;
                let day = world.today(middle);
                if (bits >> (2 * number)) & 2 == 2 {
                    world.nights(day, now);
                } else {
                    world.review(day, now);
                }
            }
            Manner::Mixed(_) => {}
        }
        if deed.is_late() {
            world.review(world.today(now), now);
        }
        world.act(deed, now);
    }
    now += SignedDuration::from_hours(24 * 45);
    world.review(world.today(now), now);
    world.check();
    world.check_replay(now);
    world
}

/// The same with every few commands in one batch.
fn run_batched(place: &Place, steps: &[Step], size: usize) {
    let mut world = world(place);
    let mut now = at(BEGIN);
    world.nights_from(world.today(now));
    for steps in steps.chunks(size) {
        let mut commands = Vec::new();
        for (hours, deed) in steps {
            now += SignedDuration::from_hours(*hours);
            let until = world.today(now);
            let bought = match deed {
                Deed::Buy { money, .. } => Some((deed.occurred_at(now), *money)),
                Deed::Night | Deed::Set { .. } => None,
            };
            if deed.is_late() || bought.is_none() {
                commands.push((Command::ReviewRanks(ReviewRanks { until }), now));
            }
            commands.extend(bought.map(|(at, money)| (world.purchase(at, money), now)));
        }
        let decisions = world.journal.batch(&commands);
        for (decision, (command, _)) in decisions.iter().zip(&commands) {
            world.follow(command, decision);
        }
        world.check();
    }
}

/// Three steps that multiply, and whose base points climb as well.
fn rising(at_once: bool, by_points: bool) -> Value {
    let (metric, unit) = if by_points {
        ("points_earned", 1)
    } else {
        ("spend", 100)
    };
    let tier = |from: Value, points: i64| json!({"from": from, "amount": 100, "points": points});
    let mut program = with_ranks(json!([{"code": "main", "metric": metric,
        "applies": if at_once { "at_once" } else { "next_receipt" },
        "steps": [{"code": "bronze", "from": 0},
            {"code": "silver", "from": 10 * unit, "earn_multiplier": "1.5"},
            {"code": "gold", "from": 25 * unit, "earn_multiplier": "3"}]}]));
    program["earn_rules"][0]["award"] = json!({"type": "tiered", "by": "rank",
        "tiers": [tier(json!(0), 1), tier(json!("silver"), 2), tier(json!("gold"), 3)]});
    program
}

/// A history is long and walked several times: fewer of them than of other properties.
fn fewer() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig {
        cases: config.cases.div_euclid(4),
        ..config
    }
}

proptest! {
    #![proptest_config(fewer())]

    #[test]
    fn every_rank_on_every_receipt_is_what_a_walk_over_the_days_says(
        place in a_place(),
        steps in steps(),
        job_was_here in any::<bool>(),
    ) {
        let mut world = world(&place);
        let mut now = at(BEGIN);
        if job_was_here {
            world.nights_from(world.today(now));
        }
        for (hours, deed) in &steps {
            now += SignedDuration::from_hours(*hours);
            world.act(deed, now);
        }
    }

    #[test]
    fn it_never_matters_who_does_the_reviews_and_when(
        place in a_place(),
        steps in steps(),
        bits in any::<u64>(),
    ) {
        let lazy = run(&place, &steps, Manner::Lazy).changes();
        prop_assert_eq!(&run(&place, &steps, Manner::Nightly).changes(), &lazy);
        prop_assert_eq!(&run(&place, &steps, Manner::Mixed(bits)).changes(), &lazy);
    }

    #[test]
    fn a_batch_asks_for_all_its_facts_before_the_first_command(
        place in a_place(),
        steps in steps(),
        size in 1_usize..8,
    ) {
        run_batched(&place, &steps, size);
    }

    #[test]
    fn more_money_never_earns_fewer_base_points_whatever_rank_it_reaches(
        before in 0_i64..3_000,
        small in 0_i64..3_000,
        more in 0_i64..3_000,
        at_once in any::<bool>(),
        by_points in any::<bool>(),
    ) {
        let program = rising(at_once, by_points);
        let base = |amount: i64| {
            let mut story = Story::of(&program);
            story.buys("01-05", before);
            let outcome = story.buys("01-06", amount);
            let base = outcome.earned.iter().find(|part| part.rule == "base");
            base.map_or(0, |part| part.points.get())
        };
        prop_assert!(base(small) <= base(small + more));
    }
}
