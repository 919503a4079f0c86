//! What may be done to the ledger.

/// How many members share the tenant.
pub(crate) const MEMBERS: usize = 3;
/// How many hands give and take points.
pub(crate) const HANDS: usize = 2;

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Goods {
    /// A line: so many pieces, so much money's worth, or all of it.
    Line(usize, Option<i64>, Option<i64>),
    /// So much money's worth.
    Worth(i64),
    /// The receipt is undone.
    All,
}

/// What time does when somebody looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    Activate,
    Expire,
    Lapse,
}

/// One operation. Members, purchases, redemptions and adjustments are named by their place in the order of making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Buy {
        /// None = nobody showed a card.
        member: Option<usize>,
        /// Pieces and price.
        lines: Vec<(i64, i64)>,
        pay: Option<i64>,
        days_ago: i64,
    },
    GiveBack {
        purchase: usize,
        goods: Goods,
    },
    Redeem {
        member: usize,
        points: i64,
        /// Seconds that they are held; none = taken at once.
        hold: Option<i64>,
    },
    Capture {
        redemption: usize,
        points: Option<i64>,
    },
    Release {
        redemption: usize,
    },
    Reverse {
        redemption: usize,
    },
    /// A receipt of nobody gets its member.
    Claim {
        purchase: usize,
        member: usize,
    },
    /// Points are given by hand, or taken with a number below 0.
    Adjust {
        /// Whose hand.
        hand: usize,
        member: usize,
        points: i64,
        /// From when on they are spendable, and until when; none = as the wallet says.
        starts: Option<i64>,
        ends: Option<i64>,
    },
    /// A hand says yes or no to points that were to be given or taken by one.
    Review {
        adjustment: usize,
        hand: usize,
        approves: bool,
    },
    Transfer {
        from: usize,
        to: usize,
        points: i64,
    },
    /// Something happened to a purchase.
    Event {
        purchase: usize,
        what: &'static str,
    },
    /// Time passes; nothing else happens, or the jobs run on their time, as the ledger under test has it.
    Clock {
        seconds: i64,
    },
    Sweep {
        member: usize,
        job: Job,
    },
    /// A balance is read, and with it kept where balances are kept.
    Look {
        member: usize,
    },
    /// An earlier step once more, with its key.
    Replay {
        of: usize,
    },
    /// Another step with the key of an earlier one.
    Clash {
        of: usize,
    },
}

impl Step {
    pub(crate) fn has_key(&self) -> bool {
        match self {
            Self::Buy { .. } | Self::GiveBack { .. } | Self::Redeem { .. } => true,
            Self::Capture { .. } | Self::Release { .. } | Self::Reverse { .. } => true,
            Self::Claim { .. } | Self::Adjust { .. } | Self::Transfer { .. } => true,
            Self::Event { .. } | Self::Review { .. } => true,
            Self::Clock { .. } | Self::Sweep { .. } | Self::Look { .. } => false,
            Self::Replay { .. } | Self::Clash { .. } => false,
        }
    }

    /// The same with something else in it.
    pub(crate) fn other(&self) -> Self {
        let mut other = self.clone();
        match &mut other {
            Self::Buy { lines, .. } => lines[0].1 += 100,
            Self::Redeem { points, .. } | Self::Transfer { points, .. } => *points += 1,
            Self::Adjust { points, .. } => *points += if *points == -1 { 2 } else { 1 },
            Self::Review { approves, .. } => *approves = !*approves,
            Self::Claim { member, .. } => *member = (*member + 1) % MEMBERS,
            Self::Event { what, .. } => *what = "noticed",
            Self::GiveBack { goods, .. } if *goods == Goods::Worth(1) => *goods = Goods::Worth(2),
            Self::GiveBack { goods, .. } => *goods = Goods::Worth(1),
            Self::Capture { points, .. } => *points = Some(points.unwrap_or(0) + 1),
            Self::Release { redemption } => {
                let redemption = *redemption;
                other = Self::Reverse { redemption };
            }
            Self::Reverse { redemption } => {
                let redemption = *redemption;
                other = Self::Release { redemption };
            }
            _ => {}
        }
        other
    }
}
