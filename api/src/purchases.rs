//! Receipts in, points out: quote, record, look up.

pub(crate) mod answer;
pub(crate) mod batch_item;
pub(crate) mod claim;
pub(crate) mod detail;
pub(crate) mod exchange;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod quote;
pub(crate) mod record;
pub(crate) mod record_batch;
pub(crate) mod report_event;
pub(crate) mod return_goods;
pub(crate) mod returned;
pub(crate) mod store;
pub(crate) mod void;
