-- Everything that was made has exactly one key, as long as keys are kept, and a key made one thing,
-- was refused, or repeats what another made. Keys are kept by real time, so a tenant with a clock of its own says nothing of their age.
with made as (
    select tenant_id, id, recorded_at from purchases
    union all
    select tenant_id, id, recorded_at from redemptions
    union all
    select tenant_id, id, recorded_at from purchase_events
    union all
    -- What time does by itself has no key that asked for it.
    select tenant_id, id, recorded_at from operations where actor <> '00000000-0000-0000-0000-000000000000'
), keyed as (
    select k.tenant_id, k.subject as id, count(*) as keys
    from idempotency_keys k
    where k.subject is not null
    group by 1, 2
)
select count(*) over (), tenant_id, what from (
    select tenant_id, format('%s has %s keys', id, coalesce(k.keys, 0))
    from made m left join keyed k using (tenant_id, id)
    left join tenant_keys t using (tenant_id)
    where coalesce(k.keys, 0) <> 1
        and (k.keys > 1 or (m.recorded_at > now() - interval '30 days' and t.test_clock is null))
    union all
    select tenant_id, format('key %s has no answer or several', key)
    from idempotency_keys where num_nonnulls(subject, refusal::text, repeats) <> 1
) violations (tenant_id, what)
