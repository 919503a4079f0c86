-- The counters are sums over receipts: visits, and money before points paid, on the side of the
-- tax that the program names.
with counted as (
    select tenant_id, member_id, sum(visits) as visits, sum(spend) as spend from member_days group by 1, 2
), received as (
    select tenant_id, member_id, count(*) as visits,
        sum((outcome::json -> 'amounts' ->> 'gross')::bigint - (outcome::json -> 'amounts' ->> 'discount')::bigint) as net,
        sum((outcome::json -> 'amounts' ->> 'total')::bigint + (outcome::json -> 'amounts' ->> 'points_paid')::bigint) as paid
    from purchases where member_id is not null group by 1, 2
)
select count(*) over (), tenant_id,
    format('member %s: counted %s visits and %s, received %s and %s', member_id, c.visits, c.spend, r.visits, r.net)
from counted c full join received r using (tenant_id, member_id)
where c.visits is distinct from r.visits or (c.spend is distinct from r.net and c.spend is distinct from r.paid)
