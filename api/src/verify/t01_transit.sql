-- What one member sends, another gets, in the same operation: nothing stays between them.
with moved as (
    select tenant_id, subject, wallet, sum(case when credit = 16 then points else -points end) as left_over,
        count(distinct member_id) as members
    from (
        select tenant_id, member_id, subject, unnest(wallets) as wallet, unnest(debits) as debit,
            unnest(credits) as credit, unnest(points) as points
        from ledger_transactions where 16 = any (debits) or 16 = any (credits)) r
    where 16 in (debit, credit)
    group by 1, 2, 3
)
select count(*) over (), tenant_id,
    format('transfer %s leaves %s of wallet %s between %s members', subject, left_over, wallet, members)
from moved where left_over <> 0 or members <> 2 or subject is null
