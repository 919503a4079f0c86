//! Ladders as a test draws them: plain data that becomes a document for the program and is walked
//! day by day by the reference.

use jiff::civil::Date;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop, prop_oneof};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Spend,
    Visits,
    Points,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Lifetime,
    Month,
    Quarter,
    Half,
    Year,
    Days(i64),
    Months(i64),
    Anniversary,
    Enrolment,
}

#[derive(Debug, Clone)]
pub(super) struct Criterion {
    pub(super) counted: Counted,
    pub(super) from: i64,
    pub(super) span: Span,
}

#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) code: String,
    pub(super) any: bool,
    pub(super) criteria: Vec<Criterion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lift {
    Immediate,
    NextDay,
    PeriodEnd,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fall {
    Never,
    Rolling,
    MonthStart,
    Dates(Vec<(i8, i8)>),
    Anniversary,
}

#[derive(Debug, Clone)]
pub(super) struct Ladder {
    pub(super) code: String,
    pub(super) steps: Vec<Step>,
    pub(super) lift: Lift,
    pub(super) fall: Fall,
    pub(super) one: bool,
    pub(super) grace: i64,
    pub(super) span: Span,
}

impl Counted {
    const fn word(self) -> &'static str {
        match self {
            Self::Spend => "spend",
            Self::Visits => "visits",
            Self::Points => "points_earned",
        }
    }

    /// What one unit of a drawn threshold is worth.
    const fn unit(self) -> i64 {
        match self {
            Self::Spend => 250,
            Self::Visits | Self::Points => 1,
        }
    }
}

impl Span {
    fn document(self) -> Value {
        match self {
            Self::Lifetime => json!({"type": "lifetime"}),
            Self::Month => json!({"type": "calendar_month"}),
            Self::Quarter => json!({"type": "calendar_quarter"}),
            Self::Half => json!({"type": "calendar_half"}),
            Self::Year => json!({"type": "calendar_year"}),
            Self::Days(days) => json!({"type": "rolling_days", "days": days}),
            Self::Months(months) => json!({"type": "rolling_months", "months": months}),
            Self::Anniversary => json!({"type": "anniversary_year"}),
            Self::Enrolment => json!({"type": "since_enrolment"}),
        }
    }
}

impl Ladder {
    pub(super) fn document(&self) -> Value {
        let criterion = |criterion: &Criterion| {
            json!({"metric": criterion.counted.word(), "from": criterion.from,
                "window": criterion.span.document()})
        };
        let step = |step: &Step| {
            let criteria: Vec<Value> = step.criteria.iter().map(criterion).collect();
            let field = if step.any { "any_of" } else { "all_of" };
            json!({"code": step.code, field: criteria})
        };
        let downgrade = match &self.fall {
            Fall::Never => json!({"at": "never"}),
            Fall::Rolling => json!({"at": "rolling"}),
            Fall::MonthStart => json!({"at": "month_start"}),
            Fall::Anniversary => json!({"at": "anniversary"}),
            Fall::Dates(dates) => {
                let dates = dates
                    .iter()
                    .map(|(month, day)| format!("{month:02}-{day:02}"));
                json!({"at": "dates", "dates": dates.collect::<Vec<_>>()})
            }
        };
        let mut ladder = json!({"code": self.code, "window": self.span.document(),
            "upgrade": match self.lift {
                Lift::Immediate => "immediate",
                Lift::NextDay => "next_day",
                Lift::PeriodEnd => "period_end",
            },
            "steps": self.steps.iter().map(step).collect::<Vec<_>>(), "downgrade": downgrade});
        ladder["downgrade"]["steps"] = json!(if self.one { "one" } else { "full" });
        ladder["downgrade"]["grace_days"] = json!(self.grace);
        ladder
    }
}

/// A point for every 100, ladders, and for every step a bonus that can't fire but tells whether
/// the receipt was judged by that rank.
pub(super) fn document(ladders: &[Ladder]) -> Value {
    let steps = ladders.iter().flat_map(|ladder| &ladder.steps);
    let asks = |step: &Step| {
        json!({"code": format!("asks-{}", step.code), "wallet": "points",
            "effect": {"type": "add", "points": 1},
            "when": {"ranks": [step.code], "minimum_amount": 9_000_000}})
    };
    json!({
        "wallets": [{"code": "points"}],
        "earn_rules": [{"code": "base", "wallet": "points",
            "award": {"type": "per_amount", "amount": 100, "points": 1}}],
        "bonuses": steps.map(asks).collect::<Vec<_>>(),
        "ranks": ladders.iter().map(Ladder::document).collect::<Vec<_>>(),
    })
}

fn span() -> BoxedStrategy<Span> {
    let span = prop_oneof![
        Just(Span::Lifetime),
        Just(Span::Month),
        Just(Span::Quarter),
        Just(Span::Half),
        Just(Span::Year),
        (1_i64..25).prop_map(Span::Days),
        (1_i64..25).prop_map(Span::Days),
        (1_i64..3).prop_map(Span::Months),
        Just(Span::Anniversary),
        Just(Span::Enrolment),
    ];
    span.boxed()
}

fn counted() -> impl Strategy<Value = Counted> {
    prop_oneof![
        Just(Counted::Spend),
        Just(Counted::Visits),
        Just(Counted::Points),
    ]
}

fn fall() -> impl Strategy<Value = Fall> {
    let day = prop_oneof![
        Just((2_i8, 29_i8)),
        Just((1_i8, 1_i8)),
        (1_i8..13, 1_i8..29),
        Just((12_i8, 31_i8)),
    ];
    prop_oneof![
        1 => Just(Fall::Never),
        3 => Just(Fall::Rolling),
        2 => Just(Fall::MonthStart),
        2 => prop::collection::vec(day, 1..4).prop_map(Fall::Dates),
        1 => Just(Fall::Anniversary),
    ]
}

fn lift() -> impl Strategy<Value = Lift> {
    prop_oneof![
        2 => Just(Lift::Immediate),
        1 => Just(Lift::NextDay),
        1 => Just(Lift::PeriodEnd),
    ]
}

/// One to three steps: each asks for more of one number, or for several of their own.
fn steps(prefix: &'static str) -> BoxedStrategy<Vec<Step>> {
    let own = prop::collection::vec((counted(), 0_i64..8, span()), 1..3);
    let step = (any::<bool>(), prop::option::weighted(0.2, own), 1_i64..5);
    let common = (counted(), span(), 0_i64..3);
    let parts = (common, prop::collection::vec(step, 1..4));
    let steps = parts.prop_map(move |(common, steps)| {
        let (counted, span, mut from) = common;
        let number = |counted: Counted, from: i64, span| Criterion {
            counted,
            from: from.saturating_mul(counted.unit()),
            span,
        };
        let mut made = Vec::new();
        for (code, (any, own, more)) in ["a", "b", "c"].into_iter().zip(steps) {
            let criteria = match own {
                Some(own) => own.into_iter().map(|(c, f, s)| number(c, f, s)).collect(),
                None => vec![number(counted, from, span)],
            };
            from = from.saturating_add(more);
            made.push(Step {
                code: format!("{prefix}{code}"),
                any,
                criteria,
            });
        }
        made
    });
    steps.boxed()
}

pub(super) fn ladder(code: &'static str, prefix: &'static str) -> BoxedStrategy<Ladder> {
    let grace = prop_oneof![2 => Just(0_i64), 2 => 1_i64..20, 1 => Just(366_i64)];
    let parts = (steps(prefix), lift(), fall(), any::<bool>(), grace, span());
    let ladder = parts.prop_map(move |(steps, lift, fall, one, grace, span)| Ladder {
        code: code.to_owned(),
        steps,
        lift,
        fall,
        one,
        grace,
        span,
    });
    // A strategy of this size would fill the stack.
    ladder.boxed()
}

/// The day of the month, or the last one before it.
pub(super) fn clipped(year: i16, month: i8, day: i8) -> Date {
    let mut day = day;
    loop {
        if let Ok(date) = Date::new(year, month, day) {
            return date;
        }
        day = day.saturating_sub(1);
    }
}
