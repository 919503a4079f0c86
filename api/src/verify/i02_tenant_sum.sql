-- All accounts of one wallet of one tenant together: what one lacks, another has.
with moved as (
    select tenant_id, wallet, debit, credit, sum(points) as points from (
        select tenant_id, unnest(wallets) as wallet, unnest(debits) as debit, unnest(credits) as credit,
            unnest(points) as points
        from ledger_transactions) r
    group by tenant_id, wallet, debit, credit
), accounts as (
    select tenant_id, wallet, debit as account, points as balance from moved
    union all
    select tenant_id, wallet, credit, -points from moved
)
select count(*) over (), tenant_id, format('wallet %s sums to %s', wallet, sum(balance))
from accounts group by tenant_id, wallet having sum(balance) <> 0
