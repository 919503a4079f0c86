//! Reads the `ranks` of a program document.

use super::schedule::{Downgrade, MAX_GRACE_DAYS, ReviewOn};
use super::{Criterion, Ladder, MAX_STEPS, Metric, Requirement, Step, Upgrade};
use crate::amount::Decimal4;
use crate::bonus::{Bonus, Effect, MAX_TIMES};
use crate::code::Code;
use crate::condition::Condition;
use crate::earning::Stacking;
use crate::fault::FaultCode;
use crate::limit::Limits;
use crate::places::Places;
use crate::program::Overrides;
use crate::program::reader::{Object, Reader};
use crate::window::Window;
use serde_json::Value;

/// The largest threshold: what a member may have spent in all.
const MAX_THRESHOLD: i64 = 999_999_999_999_999;
/// The most criteria of one step.
const MAX_CRITERIA: usize = 10;
/// The most dates a year on which members may fall.
const MAX_DATES: usize = 366;

/// Reads one ladder and lets the reader know its steps, so that conditions may name them.
pub(crate) fn read_ladder(reader: &mut Reader<'_>, value: &Value, pointer: String) -> Ladder {
    let mut object = reader.object(value, pointer);
    let code = reader.new_code(&mut object);
    let metric = read_metric(reader, &mut object);
    let window = read_window(reader, &mut object);
    let upgrades = [
        ("immediate", Upgrade::Immediate),
        ("next_day", Upgrade::NextDay),
        ("period_end", Upgrade::PeriodEnd),
    ];
    let upgrade = reader.choice(&mut object, "upgrade", &upgrades, &[]);
    let applies = [("next_receipt", false), ("at_once", true)];
    let applies = reader.choice(&mut object, "applies", &applies, &[]);
    let at_once = applies.unwrap_or_default();
    let upgrade = upgrade.unwrap_or_default();
    if at_once && upgrade != Upgrade::Immediate {
        let detail = "a rank can only serve its receipt at once where upgrades are immediate";
        reader.fault(object.at("applies"), FaultCode::InvalidValue, detail);
    }
    let downgrade = reader.child(&mut object, "downgrade").map(|mut downgrade| {
        let read = Downgrade::read(reader, &mut downgrade);
        reader.close(&downgrade);
        read
    });
    reader.require(&mut object, "steps");
    let mut steps: Vec<Step> = Vec::new();
    let mut before = None;
    for (pointer, value) in reader
        .filled_list(&mut object, "steps", MAX_STEPS)
        .unwrap_or_default()
    {
        let mut step = reader.object(value, pointer);
        steps.push(read_step(reader, &mut step, (metric, window), &mut before));
        reader.close(&step);
    }
    reader.close(&object);
    reader.know_ladder(steps.iter().map(|step| step.code.clone()).collect());
    let ladder = Ladder {
        rule: Code::from(rank_rule(&code)),
        told: Code::from(&code),
        code,
        steps,
        upgrade,
        at_once,
        downgrade: downgrade.unwrap_or_default(),
        window,
        base: None,
    };
    ladder.with_base()
}

fn read_metric(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Metric {
    let metrics = [
        ("spend", Metric::Spend),
        ("gross_spend", Metric::GrossSpend),
        ("visits", Metric::Visits),
        ("points_earned", Metric::PointsEarned),
    ];
    let metric = reader.choice(object, "metric", &metrics, &["balance"]);
    metric.unwrap_or(Metric::Spend)
}

fn read_window(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Window {
    let window = reader.child(object, "window").map(|mut window| {
        let read = Window::read(reader, &mut window);
        reader.close(&window);
        read
    });
    window.unwrap_or_default()
}

fn read_step(
    reader: &mut Reader<'_>,
    step: &mut Object<'_>,
    (metric, window): (Metric, Window),
    before: &mut Option<i64>,
) -> Step {
    let code = reader.new_code(step);
    let of = |reader: &mut Reader<'_>, step: &mut Object<'_>, field| {
        read_criteria(reader, step, field, (metric, window))
    };
    let (all, any) = (of(reader, step, "all_of"), of(reader, step, "any_of"));
    let from = reader.integer(step, "from", 0..=MAX_THRESHOLD);
    let fields = ["from", "all_of", "any_of"];
    let given = fields.map(|field| step.get(field).is_some());
    if given.into_iter().filter(|given| *given).count() != 1 {
        let detail = "a step has exactly one of from, all_of and any_of";
        let pointer = step.pointer().to_owned();
        reader.fault(pointer, FaultCode::InvalidValue, detail);
    }
    if let Some(from) = from {
        if let Some(before) = before.filter(|before| from <= *before) {
            let detail = format!("each step starts above the one before it, here above {before}");
            reader.fault(step.at("from"), FaultCode::TiersOrder, detail);
        }
        *before = Some(from);
    }
    let is_any = any.is_some();
    let one = || {
        vec![Criterion {
            metric,
            from: from.unwrap_or(0),
            window,
        }]
    };
    let times = reader.decimal(step, "earn_multiplier", Decimal4::ONE..=MAX_TIMES);
    let percent = reader.decimal(step, "discount_percent", Decimal4::ZERO..=Decimal4::HUNDRED);
    Step {
        told: Code::from(&code),
        code,
        requirement: Requirement {
            criteria: all.or(any).unwrap_or_else(one),
            any: is_any,
        },
        times: times.filter(|times| *times > Decimal4::ONE),
        multipliers: Vec::new(),
        discount_percent: percent.filter(|percent| *percent > Decimal4::ZERO),
    }
}

fn read_criteria(
    reader: &mut Reader<'_>,
    step: &mut Object<'_>,
    field: &'static str,
    (metric, window): (Metric, Window),
) -> Option<Vec<Criterion>> {
    let items = reader.filled_list(step, field, MAX_CRITERIA)?;
    let mut criteria = Vec::with_capacity(items.len());
    for (pointer, value) in items {
        let mut object = reader.object(value, pointer);
        let own_metric = object.get("metric").is_some();
        let own_window = object.get("window").is_some();
        criteria.push(Criterion {
            metric: if own_metric {
                read_metric(reader, &mut object)
            } else {
                metric
            },
            from: reader.required_integer(&mut object, "from", 0..=MAX_THRESHOLD),
            window: if own_window {
                read_window(reader, &mut object)
            } else {
                window
            },
        });
        reader.close(&object);
    }
    Some(criteria)
}

impl Downgrade {
    fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let words = [
            ("never", "never"),
            ("rolling", "rolling"),
            ("month_start", "month_start"),
            ("dates", "dates"),
            ("anniversary", "anniversary"),
        ];
        let at = reader.choice(object, "at", &words, &[]);
        let on = match at.unwrap_or("never") {
            "rolling" => ReviewOn::EveryDay,
            "month_start" => ReviewOn::MonthStart,
            "anniversary" => ReviewOn::Anniversary,
            "dates" => {
                reader.require(object, "dates");
                ReviewOn::Dates(read_dates(reader, object))
            }
            _ => ReviewOn::Never,
        };
        let dates_count = at.is_none_or(|at| at == "dates");
        if object.get("dates").is_some() && !dates_count {
            let detail = "dates are only looked at with \"at\": \"dates\"";
            reader.fault(object.at("dates"), FaultCode::InvalidValue, detail);
        }
        let steps = [("full", false), ("one", true)];
        let one_step = reader.choice(object, "steps", &steps, &[]);
        let grace = reader.integer(object, "grace_days", 0..=MAX_GRACE_DAYS);
        Self {
            on,
            one_step: one_step.unwrap_or_default(),
            grace_days: grace.unwrap_or(0),
        }
    }
}

fn read_dates(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Vec<(i8, i8)> {
    let items = reader.filled_list(object, "dates", MAX_DATES);
    let mut dates: Vec<(i8, i8)> = Vec::new();
    for (pointer, value) in items.unwrap_or_default() {
        match value.as_str().and_then(month_and_day) {
            Some(date) => dates.push(date),
            None => {
                let detail = "give a day of the year as \"MM-DD\"";
                reader.fault(pointer, FaultCode::InvalidValue, detail);
            }
        }
    }
    dates.sort_unstable();
    dates.dedup();
    dates
}

fn month_and_day(text: &str) -> Option<(i8, i8)> {
    // 2000 has a 29 February.
    let date: jiff::civil::Date = format!("2000-{text}").parse().ok()?;
    (text.len() == 5 && text.is_ascii()).then_some((date.month(), date.day()))
}

/// The name under which a ladder's benefits are granted and explained.
pub(crate) fn rank_rule(ladder: &str) -> String {
    format!("rank:{ladder}")
}

/// Lets the steps of ladders multiply the base points of these wallets, each with the places of its
/// rules, as bonuses do.
pub(crate) fn equip(ladders: &mut [Ladder], wallets: &[(usize, &str, Places)], combine: Stacking) {
    for ladder in ladders {
        for step in &mut ladder.steps {
            let Some(times) = step.times else {
                continue;
            };
            let bonus = |(place, wallet, rules): &(usize, &str, Places)| Bonus {
                code: ladder.rule.as_str().to_owned(),
                told: ladder.rule.clone(),
                wallet: (*wallet).to_owned(),
                wallet_place: *place,
                effect: Effect::Multiplier(times),
                when: Condition::default(),
                combine,
                rules: None,
                works_on: rules.clone(),
                needs_base_points: true,
                limits: Limits::default(),
                overrides: Overrides::default(),
            };
            step.multipliers = wallets.iter().map(bonus).collect();
        }
    }
}
