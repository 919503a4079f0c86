-- The sums that stand at a moment are those of all moves that were recorded before it. Moves are added up once, over the
-- spans between moments; those of a tenant with a clock of its own count for nothing.
with known as (
    select s.tenant_id, array_agg(distinct s.until order by s.until) as moments
    from ledger_sums s join tenant_keys k using (tenant_id)
    where k.test_clock is null group by s.tenant_id
), pieces as (
    select r.tenant_id, r.wallet, r.debit, r.credit, width_bucket(r.recorded_at, k.moments) as piece, sum(r.points) as points
    from known k join (
        select tenant_id, recorded_at, unnest(wallets) as wallet, unnest(debits) as debit, unnest(credits) as credit,
            unnest(points) as points
        from ledger_transactions) r using (tenant_id)
    group by 1, 2, 3, 4, 5
), kinds as (
    select tenant_id, wallet, debit, credit from pieces
    union
    select s.tenant_id, s.wallet, s.debit, s.credit from ledger_sums s join known using (tenant_id)
), told as (
    select tenant_id, moment, wallet, debit, credit, coalesce(s.points, 0) as stood,
        sum(coalesce(p.points, 0)) over (partition by tenant_id, wallet, debit, credit order by place) as moved
    from known
    cross join unnest(moments) with ordinality as at (moment, place)
    join kinds using (tenant_id)
    left join (select tenant_id, wallet, debit, credit, piece + 1 as place, points from pieces) p
        using (tenant_id, wallet, debit, credit, place)
    left join (select tenant_id, wallet, debit, credit, until as moment, points from ledger_sums) s
        using (tenant_id, wallet, debit, credit, moment)
)
select count(*) over (), tenant_id,
    format('wallet %s from account %s to %s before %s: stands %s, moved %s', wallet, debit, credit, moment, stood, moved)
from told where stood <> moved
