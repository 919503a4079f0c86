//! What the program takes off a receipt before anything is taxed, paid or earned. Each kind is a
//! file of its own; here is what they have in common.

use crate::amount::{Amount, Decimal4, Overflow};
use crate::code::Code;
use crate::condition::{Condition, Customer, Moment};
use crate::decide::Refusal;
use crate::fault::FaultCode;
use crate::needs::Needs;
use crate::program::reader::{Object, Reader};
use crate::rank::rank_rule;
use crate::rounding::Rounding;
use fixed::Fixed;
use percent::Percent;
use progressive::Progressive;
use rank::Rank;

pub use outlook::{Outlook, OutlookNext, outlooks};
pub use progressive::{Metric, Refresh};

mod fixed;
mod outlook;
mod percent;
mod progressive;
mod rank;

/// One of `discounts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Discount {
    pub(crate) code: String,
    /// The same as answers tell it.
    pub(crate) told: Code,
    kind: Kind,
    pub(crate) when: Condition,
    pub(crate) stacks: Stacks,
    pub(crate) base: Base,
    /// The most that it takes off, on the side of the tax that thresholds use.
    pub(crate) cap: Option<Amount>,
    pub(crate) rounding: Rounding,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Progressive(Progressive),
    Rank(Rank),
    Percent(Percent),
    Fixed(Fixed),
}

/// How it goes together with other discounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stacks {
    /// Of all of these only the one that takes off the most.
    Best,
    /// With every other one.
    All,
    /// With none: the first of these that takes something off stands alone.
    Exclusive,
}

/// Which money of a line it looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base {
    /// What earlier discounts left.
    Discounted,
    /// As the till priced it.
    Initial,
}

/// The money of the lines that a discount looks at, in its own base.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Money {
    /// In the till's prices.
    pub(crate) priced: i64,
    /// On the side of the tax that thresholds and counters use.
    pub(crate) counted: i64,
}

/// What a discount would take off before it is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) numerator: i128,
    /// Above zero.
    pub(crate) denominator: i128,
    /// The one rate behind it, if there is one.
    pub(crate) percent: Option<Decimal4>,
    /// What it would take for another rate.
    pub(crate) next: Option<Next>,
}

/// The next step of a discount that climbs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Next {
    pub(crate) from: i64,
    pub(crate) percent: Decimal4,
    /// What is missing to it.
    pub(crate) missing: Missing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Money(Amount),
    Visits(i64),
}

impl Share {
    /// A percentage of an amount.
    fn percent(amount: i64, percent: Decimal4) -> Result<Self, Overflow> {
        let numerator = i128::from(amount).checked_mul(i128::from(percent.units()));
        Ok(Self {
            numerator: numerator.ok_or(Overflow)?,
            denominator: i128::from(Decimal4::HUNDRED.units()),
            percent: Some(percent),
            next: None,
        })
    }
}

impl Discount {
    /// What it would take off; none for a rank discount where no rank gives one.
    pub(crate) fn share(
        &self,
        money: Money,
        customer: Option<&Customer<'_>>,
    ) -> Result<Option<Share>, Refusal> {
        match (&self.kind, customer) {
            (Kind::Percent(percent), _) => Ok(Some(percent.share(money)?)),
            (Kind::Fixed(fixed), _) => Ok(Some(fixed.share(money))),
            (Kind::Rank(rank), Some(customer)) => {
                Ok(rank.share(money, customer.held).transpose()?)
            }
            (Kind::Progressive(progressive), Some(customer)) => {
                progressive.share(money, customer).map(Some)
            }
            (Kind::Rank(_) | Kind::Progressive(_), None) => Ok(None),
        }
    }

    /// The discount of a ladder of which the document says no more than its steps do.
    pub(crate) fn of_ladder(ladder: &str) -> Self {
        Self {
            told: Code::from(rank_rule(ladder)),
            code: rank_rule(ladder),
            kind: Kind::Rank(Rank::of(ladder)),
            when: Condition::default(),
            stacks: Stacks::Best,
            base: Base::Discounted,
            cap: None,
            rounding: Rounding::default(),
        }
    }

    /// The ladder of a rank discount, none inside for every ladder.
    pub(crate) fn of_rank(&self) -> Option<Option<&str>> {
        match &self.kind {
            Kind::Rank(rank) => Some(rank.ladder()),
            _ => None,
        }
    }

    /// Whether it is for members only, whatever its condition says.
    pub(crate) fn is_for_members(&self) -> bool {
        matches!(self.kind, Kind::Progressive(_) | Kind::Rank(_))
    }

    /// Whether it asks for the money on the side of the tax that thresholds use.
    pub(crate) fn looks_at_counted(&self) -> bool {
        let cuts = matches!(&self.kind, Kind::Progressive(kind) if kind.cuts_amounts());
        cuts || self.cap.is_some() || self.when.has_minimum_amount()
    }

    /// Whether it looks at what was recorded before, or at who the member is.
    pub(crate) fn looks_back(&self) -> bool {
        matches!(self.kind, Kind::Progressive(_)) || self.when.asks_for_member()
    }

    /// Adds what it will look at.
    pub(crate) fn need(&self, moment: &Moment<'_>, customer: &Customer<'_>, needs: &mut Needs) {
        self.when.need(moment, needs);
        if let Kind::Progressive(progressive) = &self.kind {
            needs.counters.extend(progressive.range(customer));
        }
    }

    /// Its place among the kinds, in the order in which they apply.
    pub(crate) fn turn(&self) -> u8 {
        match self.kind {
            Kind::Progressive(_) => 0,
            Kind::Rank(_) => 1,
            Kind::Percent(_) | Kind::Fixed(_) => 2,
        }
    }

    /// Reads one of `discounts`; none when its type is not known.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Option<Self> {
        let code = reader.new_code(object);
        reader.require(object, "type");
        object.get("type")?;
        let kinds = [
            ("progressive", "progressive"),
            ("rank", "rank"),
            ("percent", "percent"),
            ("fixed", "fixed"),
        ];
        let beyond = ["buy_x_get_y", "cheapest", "free_product"];
        let kind = match reader.choice(object, "type", &kinds, &beyond)? {
            "progressive" => Kind::Progressive(Progressive::read(reader, object)),
            "rank" => Kind::Rank(Rank::read(reader, object)),
            "percent" => Kind::Percent(Percent::read(reader, object)),
            _ => Kind::Fixed(Fixed::read(reader, object)),
        };
        let when = Condition::read_optional(reader, object);
        let cap = reader.integer(object, "cap", 1..=Amount::MAX.minor());
        let bases = [("discounted", Base::Discounted), ("initial", Base::Initial)];
        let base = reader.choice(object, "base", &bases, &[]);
        let modes = [
            ("floor", Rounding::Floor),
            ("half_up", Rounding::HalfUp),
            ("half_even", Rounding::HalfEven),
            ("ceil", Rounding::Ceil),
        ];
        let rounding = reader.choice(object, "rounding", &modes, &[]);
        Some(Self {
            told: Code::from(&code),
            code,
            stacks: kind.read_stacks(reader, object),
            kind,
            when,
            base: base.unwrap_or(Base::Discounted),
            cap: cap.map(Amount::new),
            rounding: rounding.unwrap_or_default(),
        })
    }
}

impl Kind {
    fn read_stacks(&self, reader: &mut Reader<'_>, object: &mut Object<'_>) -> Stacks {
        let mut ways = [
            ("best", Stacks::Best),
            ("all", Stacks::All),
            ("exclusive", Stacks::Exclusive),
        ];
        let default = match self {
            Self::Progressive(_) | Self::Rank(_) => Stacks::Best,
            Self::Percent(_) | Self::Fixed(_) => Stacks::All,
        };
        // The first is the default.
        ways.sort_by_key(|(_, way)| *way != default);
        let way = reader.choice(object, "stacking", &ways, &[]);
        way.unwrap_or(default)
    }
}

/// Reads a percentage that must be there.
fn read_percent(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Decimal4 {
    if object.get("percent").is_none() {
        let detail = "give the percentage, for example \"10\"";
        reader.fault(object.at("percent"), FaultCode::Required, detail);
    }
    let percent = reader.decimal(object, "percent", Decimal4::ZERO..=Decimal4::HUNDRED);
    percent.unwrap_or(Decimal4::ZERO)
}
