-- Who owes points has none to spend: whatever comes in repays first. Lots that were over when the member's ledger last
-- moved were not to be spent then, swept or not.
select count(*) over (), w.tenant_id,
    format('member %s wallet %s owes %s and has %s in lot %s', w.member_id, w.wallet, w.deficit, t.remaining, t.id)
from wallets w
join member_ledgers l using (tenant_id, member_id)
join lots t using (tenant_id, member_id, wallet)
where w.deficit > 0 and t.remaining > 0 and t.pending_until is null and t.expires_at > l.last_recorded_at
