//! What a receipt would bring, without recording it.

use actix_web::HttpResponse;
use actix_web::web::Data;
use domain::decide::{Command, Facts, Outcome, RecordPurchase, decide};
use domain::history::Budgets;
use domain::receipt::{Purpose, Receipt};

use super::answer::Quote;
use super::detail::Wording;
use crate::app::App;
use crate::auth::Caller;
use crate::auth::scope::{AnyOf, PurchasesRead, PurchasesWrite};
use crate::body::Body;
use crate::clock;
use crate::config::MAX_BODY_BYTES;
use crate::language::Language;
use crate::ledger::{add_history, add_ranks, facts_of_named, problem_of};
use crate::problem::{Problem, Problems};

/// Quote a receipt.
///
/// The same evaluation as a purchase, on the member's present facts; nothing is written. Needs no
/// receipt number. `redeemable` tells the most that each wallet could pay.
#[utoipa::path(
    post,
    path = "/v1/quotes",
    operation_id = "quote_purchase",
    tag = "purchases",
    params(("Accept-Language" = Option<String>, Header, description = "`en` or `ja`, by quality; the language of every `detail`")),
    request_body(content = Receipt, description = "What the till is about to sell"),
    responses((status = 200, description = "What the purchase would bring now", body = Quote), Problems),
    extensions(("x-scopes" = json!(["purchases:read", "purchases:write"])))
)]
pub(crate) async fn quote(
    app: Data<App>,
    caller: Caller<AnyOf<PurchasesRead, PurchasesWrite>>,
    language: Language,
    body: Body,
) -> Result<HttpResponse, Problem> {
    let receipt: Receipt = body.json(MAX_BODY_BYTES).await?;
    receipt.check(Purpose::Quote).map_err(Problem::invalid)?;
    caller.check_store(&receipt.store)?;
    let member = receipt
        .member
        .as_ref()
        .map(|member| app.look_ups.look_up(caller.tenant, member));
    let member = member.transpose()?;
    let (db, catalogs, tenant) = (app.db.clone(), app.catalogs.clone(), caller.tenant);
    let vault = app.vault.clone();
    let outcome = app.db.run(async move {
        let tx = db.snapshot(tenant).await?;
        let (catalog, now) = catalogs.for_transaction(&tx).await?;
        let mut facts = facts_of_named(&tx, member).await?;
        let command = Command::Purchase(RecordPurchase {
            seed: clock::new_id(),
            receipt,
            quote: true,
        });
        let mut budgets = Budgets::default();
        if let Some(facts) = &mut facts {
            if catalog.has_ladders() {
                add_ranks(&tx, facts).await?;
            }
            let needs = command.needs(&catalog, facts, now);
            budgets = add_history(&tx, &vault, facts, needs).await?;
        }
        tx.commit().await?;
        let facts = Facts {
            member: facts.as_ref(),
            budgets: &budgets,
            trail: None,
        };
        let decision =
            decide(&catalog, facts, &command, now).map_err(|refusal| problem_of(&refusal))?;
        Ok::<_, Problem>(decision.outcome)
    });
    let Outcome::Purchase(outcome) = outcome.await?? else {
        return Err(Problem::internal(
            &"a receipt was answered as something else",
        ));
    };
    let wording = Wording::of(&app, tenant, language).await?;
    let mut response = HttpResponse::Ok();
    language.name_in(&mut response);
    Ok(response.json(Quote::told(*outcome, &wording)))
}
