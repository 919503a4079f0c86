-- Versions go 1, 2, 3 … to the version of the member, and time never runs backwards along them.
with counted as (
    select tenant_id, member_id, count(*) as steps, min(version) as first, max(version) as last
    from ledger_transactions group by member_id, tenant_id
), timed as (
    select tenant_id, member_id, version, recorded_at,
        lag(recorded_at) over (partition by member_id, tenant_id order by version) as before
    from ledger_transactions
)
select count(*) over (), tenant_id, what from (
    select tenant_id,
        format('member %s is at version %s with %s steps from %s to %s', member_id, l.version, c.steps, c.first, c.last)
    from member_ledgers l full join counted c using (tenant_id, member_id)
    where coalesce(l.version, 0) <> coalesce(c.steps, 0) or coalesce(c.last, 0) <> coalesce(c.steps, 0)
       or coalesce(c.first, 1) <> 1
    union all
    select tenant_id, format('member %s version %s was recorded before the one before it', member_id, version)
    from timed where recorded_at < before
) violations (tenant_id, what)
