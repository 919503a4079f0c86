//! What callers are told and shown.

/// What a member sees, and where the tenant's points of the member went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) version: i64,
    /// Available, pending, reserved, owed.
    pub(crate) balance: [i64; 4],
    /// End, points and whether they wait of every lot that is not over, in the order of ending and of making.
    pub(crate) lots: Vec<(Option<i64>, i64, bool)>,
    /// Issued, redeemed, expired, given by hand, got from others; what callers are not shown is `None`.
    pub(crate) sums: Option<[i64; 5]>,
}

impl Shown {
    /// Without what callers are not shown: points that never end, whether they wait, and the tenant's sums.
    pub(crate) fn for_callers(mut self) -> Self {
        self.sums = None;
        self.lots.retain(|lot| lot.0.is_some());
        self.lots.iter_mut().for_each(|lot| lot.2 = false);
        self
    }
}

/// What a caller is told beside the balance: the numbers of the operation in a fixed order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// None where nobody's points can move.
    pub(crate) member: Option<usize>,
    pub(crate) numbers: Vec<i64>,
}

/// Or the code of the refusal.
pub(crate) type Answer = Result<Told, String>;

pub(crate) fn told(member: usize, numbers: Vec<i64>) -> Answer {
    Ok(Told {
        member: Some(member),
        numbers,
    })
}

pub(crate) fn no<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}
