//! Wallets that a program no longer has while members still hold points in them: allowed, since they stay redeemable
//! under their last settings, but seldom meant.

use domain::fault::{Fault, FaultCode};
use domain::program::Program;

use crate::db::TenantConn;
use crate::problem::Problem;

use super::{parsed, store};

/// One warning for each wallet of the program in force that `program` drops and that holds points.
pub(super) async fn warnings(tx: &TenantConn, program: &Program) -> Result<Vec<Fault>, Problem> {
    let Some((_version, document)) = store::in_force(tx).await? else {
        return Ok(Vec::new());
    };
    let document = parsed(&document)?;
    let wallets = document.get("wallets").and_then(|list| list.as_array());
    let mut warnings = Vec::new();
    for wallet in wallets.into_iter().flatten() {
        let code = wallet.get("code").and_then(|code| code.as_str());
        let Some(code) = code.filter(|code| program.wallet(code).is_none()) else {
            continue;
        };
        if store::holds_points(tx, code).await? {
            let detail = format!(
                "the wallet {code} is dropped while members hold points in it; they stay \
                 redeemable under its last settings"
            );
            warnings.push(Fault::new("/wallets", FaultCode::WalletDropped, detail));
        }
    }
    Ok(warnings)
}
