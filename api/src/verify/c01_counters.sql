-- The counters of business dates are sums over receipts less what came back, to the unit, and each date stands in one
-- place. The counted part of an outcome has no object within it, and numbers and a date only; cut out by their names they
-- are read many times as fast as the whole. Within texts its quotes would be escaped.
with outcomes as (
    select tenant_id, member_id, split_part(split_part(outcome, '"counted":{', 2), '}', 1) as counted
    from purchases where member_id is not null
    union all
    select tenant_id, member_id, split_part(split_part(outcome, '"counted":{', 2), '}', 1) from operations
    where member_id is not null and kind in ('claim', 'return', 'void')
), sides as (
    select tenant_id, member_id, business_date, true as is_counter, spend, gross_spend, visits, points_earned
    from member_days where business_date is not null
    union all
    select tenant_id, member_id, nullif(split_part(split_part(counted, '"on":"', 2), '"', 1), '')::date, false,
        nullif(split_part(split_part(counted, '"spend":', 2), ',', 1), '')::bigint,
        nullif(split_part(split_part(counted, '"gross_spend":', 2), ',', 1), '')::bigint,
        coalesce(nullif(split_part(split_part(counted, '"visits":', 2), ',', 1), '')::bigint, 1),
        nullif(split_part(split_part(counted, '"points":', 2), ',', 1), '')::bigint
    from outcomes
), days as (
    select tenant_id, member_id, business_date,
        row(sum(spend) filter (where is_counter), sum(gross_spend) filter (where is_counter),
            sum(visits) filter (where is_counter), sum(points_earned) filter (where is_counter)) as counted,
        row(sum(spend) filter (where not is_counter), sum(gross_spend) filter (where not is_counter),
            sum(visits) filter (where not is_counter), sum(points_earned) filter (where not is_counter)) as received
    from sides group by 1, 2, 3
)
select count(*) over (), tenant_id,
    format('member %s on %s: spend, gross spend, visits and points were counted as %s, received %s',
        member_id, business_date, counted, received)
from days where counted is distinct from received
