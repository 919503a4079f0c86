//! What happens when more points are to be taken from a member than there are.

use crate::program::reader::{Object, Reader};

/// The `on_shortage` of a wallet: what becomes of points that are to be taken back and are not
/// there any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shortage {
    /// The member owes them; the next credit repays them first.
    #[default]
    Negative,
    /// They are let go.
    Clamp,
    /// Nothing is taken and the command is refused.
    Refuse,
}

impl Shortage {
    /// Reads `on_shortage` of a wallet.
    pub(crate) fn read(reader: &mut Reader<'_>, object: &mut Object<'_>) -> Self {
        let ways = [
            ("negative", Self::Negative),
            ("clamp", Self::Clamp),
            ("refuse", Self::Refuse),
        ];
        let way = reader.choice(object, "on_shortage", &ways, &[]);
        way.unwrap_or_default()
    }
}
