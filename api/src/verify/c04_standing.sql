-- What `members` says of a member, its ledger says too; and of a member's wallets, when the first points end.
select count(*) over (), tenant_id,
    format('member %s is %s since %s, by its ledger %s since %s, and points end at %s', member_id, m.status, m.enrolled_at,
        l.status, l.enrolled_at, l.next_expires_at)
from (select tenant_id, id as member_id, status, enrolled_at from members) m
full join member_ledgers l using (tenant_id, member_id)
where m.status is distinct from l.status or m.enrolled_at is distinct from l.enrolled_at
   or l.next_expires_at <> coalesce((select min(at) from unnest(l.next_expiries) at), 'infinity')
