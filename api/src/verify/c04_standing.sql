-- What `members` says of a member, its ledger says too; each wallet stands there once, and no lot with points left ends
-- before its wallet says.
select count(*) over (), tenant_id, what from (
    select tenant_id, format('member %s is %s since %s, by its ledger %s since %s with points that end at %s and wallets %s',
        member_id, m.status, m.enrolled_at, l.status, l.enrolled_at, l.next_expires_at, l.wallets) as what
    from (select tenant_id, id as member_id, status, enrolled_at from members) m
    full join member_ledgers l using (tenant_id, member_id)
    where m.status is distinct from l.status or m.enrolled_at is distinct from l.enrolled_at
       or l.next_expires_at <> coalesce((select min(at) from unnest(l.next_expiries) at), 'infinity')
       or (select count(distinct code) from unnest(l.wallets) code) <> cardinality(l.wallets)
    union all
    select t.tenant_id, format('member %s wallet %s ends at %s, after its lot %s', t.member_id, t.wallet, w.next_expires_at, t.id)
    from lots t join wallets w using (tenant_id, member_id, wallet)
    where t.remaining > 0 and t.expires_at < w.next_expires_at
) wrong
