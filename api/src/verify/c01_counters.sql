-- The counters of business dates are sums over receipts less what came back, to the unit. The counted part of an outcome
-- has no object within it, and numbers and a date only; cut out by their names they are read many times as fast as the
-- whole. Within texts its quotes would be escaped.
with counted as (
    select tenant_id, member_id, business_date, spend, gross_spend, visits, points_earned from member_days
), outcomes as (
    select tenant_id, member_id, split_part(split_part(outcome, '"counted":{', 2), '}', 1) as counted
    from purchases where member_id is not null
    union all
    select tenant_id, member_id, split_part(split_part(outcome, '"counted":{', 2), '}', 1) from operations
    where member_id is not null and kind in ('claim', 'return', 'void')
), received as (
    select tenant_id, member_id, nullif(split_part(split_part(counted, '"on":"', 2), '"', 1), '')::date as business_date,
        sum(nullif(split_part(split_part(counted, '"spend":', 2), ',', 1), '')::bigint) as spend,
        sum(nullif(split_part(split_part(counted, '"gross_spend":', 2), ',', 1), '')::bigint) as gross_spend,
        sum(coalesce(nullif(split_part(split_part(counted, '"visits":', 2), ',', 1), '')::bigint, 1)) as visits,
        sum(nullif(split_part(split_part(counted, '"points":', 2), ',', 1), '')::bigint) as points_earned
    from outcomes
    group by 1, 2, 3
)
select count(*) over (), tenant_id,
    format('member %s on %s: counted %s, %s, %s visits, %s points; received %s, %s, %s visits, %s points',
        member_id, business_date, d.spend, d.gross_spend, d.visits, d.points_earned,
        r.spend, r.gross_spend, r.visits, r.points_earned)
from counted d full join received r using (member_id, business_date, tenant_id)
where (d.spend, d.gross_spend, d.visits, d.points_earned)
    is distinct from (r.spend::bigint, r.gross_spend::bigint, r.visits::bigint, r.points_earned::bigint)
