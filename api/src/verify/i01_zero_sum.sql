-- A move takes points from one account and gives them to another: points above 0, two different
-- known accounts, and a transaction that it belongs to.
select count(*) over (), r.tenant_id,
    format('member %s version %s position %s', r.member_id, r.version, r.position)
from ledger_transfers r
left join ledger_transactions t using (tenant_id, member_id, version)
where r.points <= 0 or r.debit = r.credit or t.id is null
   or r.debit not in (1, 2, 3, 4, 11, 12, 13, 14, 15, 16) or r.credit not in (1, 2, 3, 4, 11, 12, 13, 14, 15, 16)
