-- What one member sends, another gets, in the same operation: nothing stays between them.
with moved as (
    select r.tenant_id, t.subject, r.wallet, sum(case when r.credit = 16 then r.points else -r.points end) as left_over,
        count(distinct r.member_id) as members
    from ledger_transfers r join ledger_transactions t using (tenant_id, member_id, version)
    where 16 in (r.debit, r.credit)
    group by 1, 2, 3
)
select count(*) over (), tenant_id,
    format('transfer %s leaves %s of wallet %s between %s members', subject, left_over, wallet, members)
from moved where left_over <> 0 or members <> 2 or subject is null
