-- Transactions are written in the order of time, so a block range index finds those of a span at hardly any cost to the
-- write. Pages that were filled are summarised at once, not at the next vacuum, which comes seldom to a table that only grows.
create index concurrently ledger_transactions_by_time on ledger_transactions
    using brin (tenant_id, recorded_at) with (pages_per_range = 32, autosummarize = on);
