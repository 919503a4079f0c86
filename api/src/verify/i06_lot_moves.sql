-- Per lot: granted is what came in first, by a rule, a correction or from another member; remaining is what came in less
-- what went out. What is held has left its lot.
with moved as (
    select tenant_id, member_id, lot_id as id,
        sum(case when debit in (11, 14, 16) and credit in (1, 2) then points else 0 end) as granted,
        sum(case when credit in (1, 2) then points else 0 end)
            - sum(case when debit in (1, 2) then points else 0 end) as remaining
    from ledger_transfers where lot_id is not null group by tenant_id, member_id, lot_id
)
select count(*) over (), tenant_id,
    format('lot %s: %s of %s, by its moves %s of %s', id, l.remaining, l.granted, m.remaining, m.granted)
from lots l full join moved m using (tenant_id, member_id, id)
where l.remaining is distinct from m.remaining or l.granted is distinct from m.granted
