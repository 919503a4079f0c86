-- Whatever has an answer and a member has its transaction, and every transaction has what it belongs to.
with made as (
    select tenant_id, id, member_id from purchases where member_id is not null
    union all
    select tenant_id, id, member_id from redemptions
    union all
    select tenant_id, id, member_id from purchase_events
    union all
    select tenant_id, id, member_id from operations where member_id is not null
    union all
    select tenant_id, id, counterpart_id from operations where counterpart_id is not null
), transactions as (
    -- What time alone does belongs to nothing.
    select * from ledger_transactions where subject is not null or kind not in ('activate', 'expire')
)
select count(*) over (), either.tenant, format('%s and its transaction do not fit', coalesce(m.id, t.subject))
from made m full join transactions t on t.tenant_id = m.tenant_id and t.member_id = m.member_id and t.subject = m.id
cross join lateral (select coalesce(m.tenant_id, t.tenant_id)) as either (tenant)
where m.id is null or t.id is null
