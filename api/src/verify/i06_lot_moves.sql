-- Per lot: granted is what its own transaction put in, remaining is what came in less what went out. Reserved points
-- have left their lot.
with moved as (
    select r.member_id, r.tenant_id, r.lot_id as id,
        sum(case when credit in (1, 2) and debit > 10 and r.id = l.transaction_id then points else 0 end) as granted,
        sum(case when credit in (1, 2) then points else 0 end
            - case when debit in (1, 2) then points else 0 end) as remaining
    from (
        select member_id, tenant_id, id, unnest(lots) as lot_id, unnest(debits) as debit, unnest(credits) as credit,
            unnest(points) as points
        from ledger_transactions) r
    left join lots l on l.member_id = r.member_id and l.id = r.lot_id and l.tenant_id = r.tenant_id
    where r.lot_id is not null group by r.member_id, r.tenant_id, r.lot_id
)
select count(*) over (), tenant_id,
    format('lot %s: %s of %s, by its moves %s of %s', id, l.remaining, l.granted, m.remaining, m.granted)
from lots l full join moved m using (member_id, tenant_id, id)
where l.remaining is distinct from m.remaining or l.granted is distinct from m.granted
