-- The balance after each row is the one before it plus the row, and never below 0. Members first: ids are what a sort
-- tells apart at once.
with running as (
    select tenant_id, member_id, wallet, version, position, balance_after,
        coalesce(lag(balance_after) over (partition by member_id, tenant_id, wallet order by version, position), 0)
            + case when credit = 1 then points when debit = 1 then -points else 0 end as expected
    from ledger_transfers
)
select count(*) over (), tenant_id,
    format('member %s wallet %s version %s: %s instead of %s', member_id, wallet, version, balance_after, expected)
from running where balance_after < 0 or balance_after <> expected
