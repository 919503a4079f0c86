-- The balance after each row is the one before it plus the row, and never below 0.
with running as (
    select tenant_id, member_id, wallet, version, position, balance_after,
        sum(case when credit = 1 then points when debit = 1 then -points else 0 end)
            over (partition by tenant_id, member_id, wallet order by version, position) as expected
    from ledger_transfers
)
select count(*) over (), tenant_id,
    format('member %s wallet %s version %s: %s instead of %s', member_id, wallet, version, balance_after, expected)
from running where balance_after < 0 or balance_after <> expected
