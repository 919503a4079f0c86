-- Two looks at the same rows, which are sorted once. I7: the balance after each row is the one before it plus the row, and
-- never below 0. I27: at past instants what the tenant gave out and did not get back equals what its members had, by the
-- tenant's accounts on one side, by each member's running balance and what waits, is held and is owed on the other; both
-- are added up over the spans between five instants. Members first: ids are what a sort tells apart at once.
with instants as materialized (
    select tenant_id, array[began + (ended - began) * 0.1, began + (ended - began) * 0.25, began + (ended - began) * 0.5,
        began + (ended - began) * 0.75, ended] as until
    from (select tenant_id, min(recorded_at) as began, max(recorded_at) as ended
        from ledger_transactions group by tenant_id) lives
), running as (
    -- Spans by when a move was recorded: time never runs backwards along versions (I17).
    select r.member_id, r.tenant_id, r.wallet, r.version, r.balance_after, r.span,
        coalesce(lag(balance_after) over (partition by member_id, tenant_id, wallet order by version, position), 0) as before,
        case when credit = 1 then points when debit = 1 then -points else 0 end as moved,
        case when debit >= 11 then points else 0 end - case when credit >= 11 then points else 0 end as given,
        case when credit in (2, 3) then points when debit in (2, 3) then -points else 0 end
            + case when credit = 4 then points when debit = 4 then -points else 0 end as waiting
    from (
        select t.member_id, t.tenant_id, t.version,
            case when t.recorded_at <= i.until[1] then 0 when t.recorded_at <= i.until[2] then 1
                when t.recorded_at <= i.until[3] then 2 when t.recorded_at <= i.until[4] then 3 else 4 end as span,
            generate_subscripts(t.points, 1) as position,
            unnest(t.wallets) as wallet, unnest(t.debits) as debit, unnest(t.credits) as credit,
            unnest(t.points) as points, unnest(t.balances_after) as balance_after
        from ledger_transactions t join instants i using (tenant_id)
    ) r
), totals as (
    select r.tenant_id, r.wallet, r.span,
        sum(r.given) as given, sum(r.balance_after - r.before + r.waiting) as had,
        count(*) filter (where r.balance_after < 0 or r.balance_after <> r.before + r.moved) as wrongs,
        min(format('member %s wallet %s version %s: %s instead of %s',
            r.member_id, r.wallet, r.version, r.balance_after, r.before + r.moved))
            filter (where r.balance_after < 0 or r.balance_after <> r.before + r.moved) as example
    from running r
    group by 1, 2, 3
), sums as (
    select tenant_id, wallet, span, sum(given) over so_far as given, sum(had) over so_far as had from totals
    window so_far as (partition by tenant_id, wallet order by span)
)
select 'I7', (sum(wrongs) over ())::bigint, tenant_id, example from totals where wrongs > 0
union all
select 'I27', count(*) over (), tenant_id,
    format('wallet %s at %s: given out %s, members had %s', wallet, until[span + 1], given, had)
from sums join instants using (tenant_id)
where given is distinct from had
