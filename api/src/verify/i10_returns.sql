-- No return takes back more than its purchase gave, and none gives back more than was paid, over all of them together.
with back as (
    select tenant_id, subject as id, outcome::json as told from operations where kind in ('return', 'void')
), bought as (
    select p.tenant_id, p.id, p.outcome::json as told from purchases p
    where exists (select 1 from back b where b.tenant_id = p.tenant_id and b.id = p.id)
    union all
    select o.tenant_id, o.subject, o.outcome::json from operations o
    where o.kind = 'claim' and exists (select 1 from back b where b.tenant_id = o.tenant_id and b.id = o.subject)
), given as (
    select tenant_id, id, e ->> 'wallet' as wallet, sum((e ->> 'points')::bigint) as points
    from bought, json_array_elements(told -> 'earned') e group by 1, 2, 3
), taken as (
    select tenant_id, id, c ->> 'wallet' as wallet, sum((c ->> 'wanted')::bigint) as wanted,
        sum((c ->> 'points')::bigint + (c ->> 'expired')::bigint) as points
    from back, json_array_elements(told -> 'clawed_back') c group by 1, 2, 3
), paid as (
    select tenant_id, id, r ->> 'wallet' as wallet, sum((r ->> 'points')::bigint) as points
    from bought, json_array_elements(told -> 'redeemed') r group by 1, 2, 3
), restored as (
    select tenant_id, id, r ->> 'wallet' as wallet, sum((r ->> 'points')::bigint + (r ->> 'expired')::bigint) as points
    from back, json_array_elements(told -> 'restored') r group by 1, 2, 3
), refunded as (
    select tenant_id, id, sum((told -> 'refunded' ->> 'amount')::bigint) as amount from back group by 1, 2
)
select count(*) over (), tenant_id, what from (
    select tenant_id, format('purchase %s gave %s of %s and %s were taken back', id, coalesce(g.points, 0), wallet, t.wanted)
    from taken t left join given g using (tenant_id, id, wallet)
    where t.wanted > coalesce(g.points, 0) or t.points > t.wanted or t.points < 0
    union all
    select tenant_id, format('purchase %s was paid with %s of %s and %s came back', id, coalesce(p.points, 0), wallet, r.points)
    from restored r left join paid p using (tenant_id, id, wallet)
    where r.points > coalesce(p.points, 0) or r.points < 0
    union all
    select tenant_id, format('purchase %s cost %s and %s were refunded', id, p.outcome::json -> 'amounts' ->> 'total', f.amount)
    from refunded f join purchases p using (tenant_id, id)
    where f.amount > (p.outcome::json -> 'amounts' ->> 'total')::bigint or f.amount < 0
) violations (tenant_id, what)
