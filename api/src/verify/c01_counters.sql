-- The counters of business dates are sums over receipts less what came back, to the unit.
with counted as (
    select tenant_id, member_id, business_date, spend, gross_spend, visits, points_earned from member_days
), outcomes as (
    select tenant_id, member_id, outcome from purchases where member_id is not null
    union all
    select tenant_id, member_id, outcome from operations
    where member_id is not null and kind in ('claim', 'return', 'void')
), received as (
    select p.tenant_id, p.member_id, c."on" as business_date, sum(c.spend) as spend, sum(c.gross_spend) as gross_spend,
        sum(coalesce(c.visits, 1)) as visits, sum(c.points) as points_earned
    from outcomes p, lateral json_to_record(p.outcome::json -> 'counted')
        as c ("on" date, spend bigint, gross_spend bigint, points bigint, visits bigint)
    group by 1, 2, 3
)
select count(*) over (), tenant_id,
    format('member %s on %s: counted %s, %s, %s visits, %s points; received %s, %s, %s visits, %s points',
        member_id, business_date, d.spend, d.gross_spend, d.visits, d.points_earned,
        r.spend, r.gross_spend, r.visits, r.points_earned)
from counted d full join received r using (tenant_id, member_id, business_date)
where (d.spend, d.gross_spend, d.visits, d.points_earned)
    is distinct from (r.spend::bigint, r.gross_spend::bigint, r.visits::bigint, r.points_earned::bigint)
