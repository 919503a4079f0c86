-- At any past instant what the tenant gave out and did not get back equals what its members had: by the tenant's accounts on
-- one side, by each member's last running balance and what waits, is held and is owed on the other. Both are added up
-- over the spans between five instants, in one look at the moves.
with instants as (
    select tenant_id, percentile_disc(array[0.1, 0.25, 0.5, 0.75, 1.0]) within group (order by recorded_at) as until
    from ledger_transactions group by tenant_id
), spans as (
    select r.member_id, r.tenant_id, r.wallet, width_bucket(t.recorded_at - interval '1 microsecond', i.until) as span,
        sum(case when r.debit >= 11 then r.points else 0 end - case when r.credit >= 11 then r.points else 0 end) as given,
        max(array[r.version, r.position, r.balance_after]) as last,
        sum(case when r.credit in (2, 3) then r.points else 0 end - case when r.debit in (2, 3) then r.points else 0 end
            + case when r.credit = 4 then r.points else 0 end - case when r.debit = 4 then r.points else 0 end) as waiting
    from ledger_transfers r
    join ledger_transactions t using (member_id, version, tenant_id)
    join instants i on i.tenant_id = r.tenant_id
    group by 1, 2, 3, 4
), changes as (
    select tenant_id, wallet, span, given, waiting + last[3]
        - coalesce(lag(last[3]) over (partition by member_id, tenant_id, wallet order by span), 0) as had
    from spans
), sums as (
    select tenant_id, wallet, span, sum(sum(given)) over so_far as given, sum(sum(had)) over so_far as had
    from changes group by tenant_id, wallet, span
    window so_far as (partition by tenant_id, wallet order by span)
)
select count(*) over (), tenant_id,
    format('wallet %s at %s: given out %s, members had %s', wallet, until[span + 1], given, had)
from sums join instants using (tenant_id)
where given is distinct from had
