-- Per lot: granted is what its own transaction put in, remaining is what came in less what went out. Reserved points
-- have left their lot.
with opened as (
    select l.member_id, l.tenant_id, l.id, t.version
    from lots l join ledger_transactions t
        on t.member_id = l.member_id and t.id = l.transaction_id and t.tenant_id = l.tenant_id
), moved as (
    select r.member_id, r.tenant_id, r.lot_id as id,
        sum(case when r.version = o.version and credit in (1, 2) and debit > 10 then points else 0 end) as granted,
        sum(case when credit in (1, 2) then points else 0 end
            - case when debit in (1, 2) then points else 0 end) as remaining
    from ledger_transfers r
    left join opened o on o.member_id = r.member_id and o.id = r.lot_id and o.tenant_id = r.tenant_id
    where r.lot_id is not null group by r.member_id, r.tenant_id, r.lot_id
)
select count(*) over (), tenant_id,
    format('lot %s: %s of %s, by its moves %s of %s', id, l.remaining, l.granted, m.remaining, m.granted)
from lots l full join moved m using (member_id, tenant_id, id)
where l.remaining is distinct from m.remaining or l.granted is distinct from m.granted
