//! The contract as OpenAPI, made from the handlers and finished so that generators make good
//! clients: shared problems, credentials, and which positions hold ids of the tenant's things.

mod finish;

use std::sync::OnceLock;

use actix_web::HttpResponse;
use serde_json::Value;
use utoipa::OpenApi;

use crate::page::PageSize;
use crate::problem::{Problem, ProblemDocument};
use crate::{
    adjustments, api_keys, audit_log, balances, discounts, events, liability, members,
    partner_grants, partners, programs, purchases, ranks, redemptions, stores, tenants, test_clock,
    tokens, transfers, webhooks,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tamaru",
        version = "1.0.0",
        description = "Point programs for many retailers: receipts in, points out.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact(name = "The operator of this service")
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "tenants", description = "Retailers and their settings."),
        (name = "api-keys", description = "Credentials of a tenant."),
        (name = "partners", description = "Makers of tills and programs, and what tenants let them do."),
        (name = "tokens", description = "Short-lived credentials for tills and partners."),
        (name = "stores", description = "Branches that receipts name."),
        (name = "program", description = "The rules: a draft, and versions that never change."),
        (name = "members", description = "Who collects points."),
        (name = "balances", description = "What members have."),
        (name = "ranks", description = "How members stand on ladders, and why."),
        (name = "analytics", description = "What all of it adds up to."),
        (name = "purchases", description = "Receipts, before and after they are recorded."),
        (name = "adjustments", description = "Points given or taken by hand."),
        (name = "transfers", description = "Points that go from one member to another."),
        (name = "redemptions", description = "Points spent or held outside a receipt."),
        (name = "webhooks", description = "What happened, told to those who want to hear of it."),
        (name = "audit-log", description = "Who changed what."),
    ),
    paths(
        tenants::create::create,
        tenants::list::list,
        tenants::get::get,
        tenants::update::update,
        tenants::delete::delete,
        tenants::suspend::suspend,
        tenants::suspend::resume,
        tenants::own::get,
        tenants::own::update,
        test_clock::set::set,
        api_keys::create::create,
        api_keys::list::list,
        api_keys::revoke::revoke,
        api_keys::rotate::rotate,
        partners::create::create,
        partners::list::list,
        partners::revoke::revoke,
        partners::rotate::rotate,
        partner_grants::create::create,
        partner_grants::list::list,
        partner_grants::revoke::revoke,
        tokens::create::create,
        tokens::keys::list,
        stores::create::create,
        stores::list::list,
        stores::get::get,
        stores::update::update,
        programs::in_force::in_force,
        programs::draft::draft,
        programs::save_draft::save,
        programs::publish::publish,
        programs::versions::versions,
        programs::version::version,
        programs::diff::diff,
        programs::rollback::rollback,
        programs::sandbox::copy_to_sandbox,
        programs::sandbox::promote_from_sandbox,
        members::enrol::enrol_member,
        members::find::find_members,
        members::find::look_up_member,
        members::get::read_member,
        members::patch::change_member,
        members::close::close_member,
        members::erase::erase_personal_data,
        members::export::export_member,
        balances::read::read_balances,
        balances::expirations::list_expirations,
        balances::transactions::list_transactions,
        balances::transaction::get_transaction,
        liability::read::read_liability,
        ranks::read::read_rank,
        ranks::set::write_rank,
        ranks::history::list_rank_changes,
        discounts::read::read_discount,
        purchases::quote::quote,
        purchases::record::record,
        purchases::record_batch::record_batch,
        purchases::list::list,
        purchases::get::get,
        purchases::report_event::report_event,
        purchases::return_goods::return_goods,
        purchases::void::void,
        purchases::claim::claim,
        purchases::exchange::exchange,
        redemptions::create::create,
        redemptions::get::get,
        redemptions::capture::capture,
        redemptions::release::release,
        redemptions::reverse::reverse,
        adjustments::create::create,
        adjustments::get::get,
        adjustments::approve::approve,
        adjustments::reject::reject,
        transfers::create::create,
        webhooks::create::create,
        webhooks::list::list,
        webhooks::get::get,
        webhooks::delete::delete,
        webhooks::rotate::rotate,
        webhooks::enable::enable,
        webhooks::deliveries::list,
        events::list::list,
        events::redeliver::redeliver,
        audit_log::list::list,
    ),
    components(schemas(ProblemDocument, PageSize))
)]
struct Contract;

/// The finished document.
pub fn document() -> Result<Value, serde_json::Error> {
    let mut document = serde_json::to_value(Contract::openapi())?;
    finish::finish(&mut document)?;
    Ok(document)
}

/// The finished document as it is committed: keys in order, two spaces, a line break at the end.
pub fn text() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&document()?)?;
    text.push('\n');
    Ok(text)
}

/// The document, for programs; made once per process.
pub(crate) async fn serve() -> Result<HttpResponse, Problem> {
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = match TEXT.get() {
        Some(text) => text.as_str(),
        None => {
            let made = text().map_err(|error| Problem::internal(&error))?;
            TEXT.get_or_init(|| made)
        }
    };
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(text))
}

#[cfg(test)]
mod tests;
