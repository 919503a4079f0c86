-- At any past instant what the tenant gave out and did not get back equals what its members had: by the tenant's accounts on
-- one side, by each member's last running balance and what waits, is held and is owed on the other.
with instants as (
    select tenant_id, unnest(percentile_disc(array[0.1, 0.25, 0.5, 0.75, 1.0]) within group (order by recorded_at)) as until
    from ledger_transactions group by tenant_id
), moments as (
    select distinct tenant_id, until from instants
), given as (
    select m.tenant_id, m.until, r.wallet,
        sum(case when r.debit >= 11 then r.points else 0 end - case when r.credit >= 11 then r.points else 0 end) as points
    from moments m
    join ledger_transactions t on t.tenant_id = m.tenant_id and t.recorded_at <= m.until
    join ledger_transfers r on r.tenant_id = t.tenant_id and r.member_id = t.member_id and r.version = t.version
    group by 1, 2, 3
), had as (
    select tenant_id, until, wallet, sum(available + waiting) as points
    from (
        select m.tenant_id, m.until, r.member_id, r.wallet,
            (array_agg(r.balance_after order by r.version desc, r.position desc))[1] as available,
            sum(case when r.credit in (2, 3) then r.points else 0 end - case when r.debit in (2, 3) then r.points else 0 end
                + case when r.credit = 4 then r.points else 0 end - case when r.debit = 4 then r.points else 0 end) as waiting
        from moments m
        join ledger_transactions t on t.tenant_id = m.tenant_id and t.recorded_at <= m.until
        join ledger_transfers r on r.tenant_id = t.tenant_id and r.member_id = t.member_id and r.version = t.version
        group by 1, 2, 3, 4
    ) members
    group by 1, 2, 3
)
select count(*) over (), tenant_id,
    format('wallet %s at %s: given out %s, members had %s', wallet, until, g.points, h.points)
from given g full join had h using (tenant_id, until, wallet)
where g.points is distinct from h.points
