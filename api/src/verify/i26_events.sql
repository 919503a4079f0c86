-- Where somebody listens, every transaction has one event, and every event of one tells of it.
select count(*) over (), tenant_id, what from (
    select t.tenant_id, 'transaction ' || t.id || ' of member ' || t.member_id || ' has no event' as what
    from ledger_transactions t
    join tenant_keys k on k.tenant_id = t.tenant_id
    -- A batch that was under way when the first endpoint was made tells nothing; events are kept for 30 days.
    where k.test_clock is null and t.recorded_at > k.webhooks_since + interval '1 minute'
      and t.recorded_at > now() - interval '25 days'
      and not exists (select 1 from outbox o where o.tenant_id = t.tenant_id and o.transaction_id = t.id)
    union all
    select o.tenant_id, 'transaction ' || o.transaction_id || ' has ' || count(*) || ' events'
    from outbox o where o.transaction_id is not null
    group by o.tenant_id, o.transaction_id having count(*) > 1
    union all
    select o.tenant_id, 'event ' || o.id || ' tells of no transaction of its member and version'
    from outbox o
    where o.transaction_id is not null and not exists (
        select 1 from ledger_transactions t
        where t.tenant_id = o.tenant_id and t.member_id = o.member_id
          and t.version = (o.data::json ->> 'version')::bigint and t.id = o.transaction_id)
) violations
