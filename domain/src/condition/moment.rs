//! The circumstances of a receipt, once per receipt: what every condition of a program asks is
//! reckoned here a single time.

use crate::calendar;
use crate::catalog::Store;
use crate::history::History;
use crate::member::MemberFacts;
use crate::rank::Held;
use crate::receipt::{Receipt, Tender};
use crate::settings::Settings;
use jiff::civil::{Date, DateTime, Time};

/// The circumstances of a receipt, as conditions see them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// In the store's zone, after the cut-over.
    pub(crate) business_date: Date,
    /// What the store's clock on the wall shows.
    pub(crate) wall_clock: DateTime,
    /// When business days begin on that clock.
    pub(crate) cutover: Time,
    pub(crate) store: &'a str,
    pub(crate) terminal: &'a str,
    pub(crate) tenders: &'a [Tender],
    /// None without a member.
    pub(crate) customer: Option<Customer<'a>>,
}

/// The member, as conditions see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Customer<'a> {
    /// The receipt's business date in the tenant's zone.
    pub(crate) date: Date,
    /// The business date of the enrolment in the tenant's zone.
    pub(crate) enrolled_on: Date,
    pub(crate) history: &'a History,
    /// By which the receipt is judged.
    pub(crate) held: &'a Held<'a>,
}

impl<'a> Moment<'a> {
    /// The same with the ranks by which the receipt is judged.
    pub(crate) fn with<'h>(self, held: &'h Held<'h>) -> Moment<'h>
    where
        'a: 'h,
    {
        let customer = self.customer;
        Moment {
            customer: customer.map(|customer| Customer { held, ..customer }),
            ..self
        }
    }

    /// The circumstances of this receipt.
    pub(crate) fn of(
        settings: &Settings,
        store: &Store,
        receipt: &'a Receipt,
        (member, held): (Option<&'a MemberFacts>, &'a Held<'a>),
    ) -> Self {
        let (at, cutovers) = (receipt.occurred_at, settings.cutovers());
        let own_zone = store.time_zone.as_ref();
        let wall_clock = own_zone.unwrap_or(&settings.time_zone).to_datetime(at);
        let business_date = calendar::business_date_of(wall_clock, cutovers);
        let of_tenant = |at| calendar::business_date(at, &settings.time_zone, cutovers);
        Self {
            business_date,
            wall_clock,
            cutover: cutovers.at(wall_clock),
            store: &receipt.store,
            terminal: &receipt.terminal,
            tenders: &receipt.tenders,
            customer: member.map(|member| Customer {
                date: own_zone.map_or(business_date, |_| of_tenant(at)),
                enrolled_on: of_tenant(member.enrolled_at),
                history: &member.history,
                held,
            }),
        }
    }
}
