-- A move takes points from one account and gives them to another: points above 0 and two different known accounts.
select count(*) over (), tenant_id,
    format('member %s version %s position %s', member_id, version, position)
from ledger_transfers
where points <= 0 or debit = credit
   or debit not in (1, 2, 3, 4, 11, 12, 13, 14, 15, 16) or credit not in (1, 2, 3, 4, 11, 12, 13, 14, 15, 16)
