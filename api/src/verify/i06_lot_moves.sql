-- Per lot: granted is what its own transaction put in, remaining is what came in less what went out. Reserved points
-- have left their lot.
with moved as (
    select r.tenant_id, r.member_id, r.lot_id as id,
        sum(case when l.transaction_id = t.id and credit in (1, 2) and debit > 10 then points else 0 end) as granted,
        sum(case when credit in (1, 2) then points else 0 end)
            - sum(case when debit in (1, 2) then points else 0 end) as remaining
    from ledger_transfers r
    join lots l on l.tenant_id = r.tenant_id and l.member_id = r.member_id and l.id = r.lot_id
    join ledger_transactions t on t.tenant_id = r.tenant_id and t.member_id = r.member_id and t.version = r.version
    where r.lot_id is not null group by r.tenant_id, r.member_id, r.lot_id
)
select count(*) over (), tenant_id,
    format('lot %s: %s of %s, by its moves %s of %s', id, l.remaining, l.granted, m.remaining, m.granted)
from lots l full join moved m using (tenant_id, member_id, id)
where l.remaining is distinct from m.remaining or l.granted is distinct from m.granted
