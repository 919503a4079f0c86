-- The counters are sums over receipts: visits, and money before points paid, on the side of the
-- tax that the program of each receipt names, so between the least and the largest of the sides.
with counted as (
    select tenant_id, member_id, sum(visits) as visits, sum(spend) as spend from member_days group by 1, 2
), told as (
    select tenant_id, member_id, outcome::json -> 'amounts' as amounts from purchases where member_id is not null
), sides as (
    select tenant_id, member_id, (amounts ->> 'gross')::bigint - (amounts ->> 'discount')::bigint as net,
        (amounts ->> 'total')::bigint + (amounts ->> 'points_paid')::bigint as paid,
        (select coalesce(sum((part ->> 'net')::bigint), 0) from json_array_elements(amounts -> 'tax') part) as untaxed
    from told
), received as (
    select tenant_id, member_id, count(*) as visits, sum(least(net, paid, untaxed)) as least,
        sum(greatest(net, paid, untaxed)) as largest
    from sides group by 1, 2
)
select count(*) over (), tenant_id,
    format('member %s: counted %s visits and %s, received %s and %s to %s',
        member_id, c.visits, c.spend, r.visits, r.least, r.largest)
from counted c full join received r using (tenant_id, member_id)
where c.visits is distinct from r.visits or c.spend is null or c.spend not between r.least and r.largest
