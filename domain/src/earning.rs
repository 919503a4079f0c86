//! What a program says once for all its earn rules, and what a rule may say for itself.

use crate::condition::Goods;
use crate::exclude::Exclude;
use crate::fault::FaultCode;
use crate::program::reader::{Object, Reader};
use crate::rounding::Rounding;

/// How the base points of several rules of one wallet go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Combine {
    /// Each grants its own.
    #[default]
    Sum,
    /// The one that gives the most; ties to the earlier.
    Best,
    /// The first that gives anything.
    First,
}

/// What is rounded alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Granularity {
    /// The sum of the rule's lines.
    #[default]
    Rule,
    /// Each line.
    Line,
    /// Each piece of a line; a weighed line is one.
    Unit,
    /// The lines of one tax rate.
    TaxRate,
}

/// Which money of a line a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Basis {
    /// With its tax.
    pub(crate) with_tax: bool,
    /// Without what the program's discounts took off.
    pub(crate) after_discounts: bool,
    /// Without what points paid.
    pub(crate) after_points_paid: bool,
}

/// Whether a multiplier works on rounded base points or on the money behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Multiply {
    /// On the base points.
    #[default]
    Rounded,
    /// On the money, with one rounding of the total.
    Exact,
}

/// How bonuses of one wallet go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Stacking {
    /// Each adds its own.
    #[default]
    Sum,
    /// Multipliers multiply each other.
    Product,
    /// The one that gives the most; ties to the earlier.
    Best,
    /// The one that began last; ties to the later in the document.
    Newest,
}

/// How a rule turns money into points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Manner {
    pub(crate) rounding: Rounding,
    pub(crate) granularity: Granularity,
    pub(crate) basis: Basis,
}

/// The `earning` of a program.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Earning {
    pub(crate) combine: Combine,
    pub(crate) manner: Manner,
    pub(crate) multiply: Multiply,
    pub(crate) bonus_combine: Stacking,
    /// Goods that earn nothing.
    exclude: Exclude,
}

impl Default for Basis {
    fn default() -> Self {
        Self {
            with_tax: true,
            after_discounts: true,
            after_points_paid: true,
        }
    }
}

impl Earning {
    /// Whether a line earns at all.
    pub(crate) fn earns(&self, goods: &Goods<'_>) -> bool {
        !goods.line.points_excluded && !self.exclude.has(goods)
    }

    /// Reads the `earning` of a program.
    pub(crate) fn read(reader: &mut Reader<'_>, earning: &mut Object<'_>) -> Self {
        let combines = [
            ("sum", Combine::Sum),
            ("best", Combine::Best),
            ("first", Combine::First),
        ];
        let combine = reader.choice(earning, "combine", &combines, &[]);
        let manner = Manner::read(reader, earning, Manner::default());
        let ways = [("rounded", Multiply::Rounded), ("exact", Multiply::Exact)];
        let multiply = reader.choice(earning, "multiply", &ways, &[]);
        let bonus_combine = Stacking::read(reader, earning, "bonus_combine");
        Self {
            combine: combine.unwrap_or_default(),
            manner,
            multiply: multiply.unwrap_or_default(),
            bonus_combine: bonus_combine.unwrap_or_default(),
            exclude: Exclude::read(reader, earning),
        }
    }
}

impl Manner {
    /// Reads what stands here; what does not is as in `default`.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>, default: Self) -> Self {
        let modes = [
            ("floor", Rounding::Floor),
            ("half_up", Rounding::HalfUp),
            ("half_even", Rounding::HalfEven),
            ("ceil", Rounding::Ceil),
        ];
        let rounding = given(reader, object, "rounding", &modes);
        let parts = [
            ("rule", Granularity::Rule),
            ("line", Granularity::Line),
            ("unit", Granularity::Unit),
            ("tax_rate", Granularity::TaxRate),
        ];
        let granularity = given(reader, object, "granularity", &parts);
        let mut basis = default.basis;
        if let Some(mut child) = reader.child(object, "basis") {
            let sides = [("included", true), ("excluded", false)];
            basis.with_tax = given(reader, &mut child, "tax", &sides).unwrap_or(basis.with_tax);
            basis.after_discounts =
                reader.flag(&mut child, "after_discounts", basis.after_discounts);
            basis.after_points_paid =
                reader.flag(&mut child, "after_points_paid", basis.after_points_paid);
            reader.close(&child);
        }
        Self {
            rounding: rounding.unwrap_or(default.rounding),
            granularity: granularity.unwrap_or(default.granularity),
            basis,
        }
    }
}

impl Stacking {
    /// Reads the field, if it is there.
    pub(crate) fn read(
        reader: &mut Reader<'_>,
        object: &mut Object<'_>,
        field: &'static str,
    ) -> Option<Self> {
        let ways = [
            ("stack_sum", Self::Sum),
            ("stack_product", Self::Product),
            ("best", Self::Best),
            ("newest", Self::Newest),
        ];
        given(reader, object, field, &ways)
    }
}

/// Reads one of several words, if the field is there.
fn given<T: Copy>(
    reader: &mut Reader<'_>,
    object: &mut Object<'_>,
    field: &'static str,
    words: &[(&str, T)],
) -> Option<T> {
    object.get(field)?;
    reader.choice(object, field, words, &[])
}

impl Reader<'_> {
    /// Reads true or false.
    pub(crate) fn flag(
        &mut self,
        object: &mut Object<'_>,
        field: &'static str,
        default: bool,
    ) -> bool {
        let Some(value) = object.get(field) else {
            return default;
        };
        value.as_bool().unwrap_or_else(|| {
            self.fault(
                object.at(field),
                FaultCode::InvalidType,
                "give true or false here",
            );
            default
        })
    }
}
