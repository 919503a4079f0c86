//! A percentage off.

use super::{Money, Share, read_percent};
use crate::amount::{Decimal4, Overflow};
use crate::program::reader::{Object, Reader};

/// So many percent off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Percent(Decimal4);

impl Percent {
    pub(super) fn share(&self, money: Money) -> Result<Share, Overflow> {
        Share::percent(money.priced, self.0)
    }

    pub(super) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let percent = read_percent(reader, object);
        if percent == Decimal4::ZERO {
            let detail = "0 percent takes nothing off, so it can never fire";
            reader.warn(object.at("percent"), detail);
        }
        Self(percent)
    }
}
