-- A move takes points from one account and gives them to another: points above 0, two different known accounts, a wallet
-- and the balance after it.
select count(*) over (), tenant_id, format('member %s version %s position %s', member_id, version, position)
from (
    select tenant_id, member_id, version, generate_subscripts(points, 1) - 1 as position, unnest(wallets) as wallet,
        unnest(debits) as debit, unnest(credits) as credit, unnest(points) as points, unnest(balances_after) as balance_after
    from ledger_transactions) r
where (points > 0 and debit <> credit and wallet is not null and balance_after is not null
    and debit in (1, 2, 3, 4, 11, 12, 13, 14, 15, 16) and credit in (1, 2, 3, 4, 11, 12, 13, 14, 15, 16)) is not true
