-- The stored balance, the open lots and the moves are three independent tellings of one number.
with moved as (
    select tenant_id, member_id, wallet,
        sum(case when credit = 1 then points when debit = 1 then -points else 0 end) as available,
        sum(case when credit = 2 then points when debit = 2 then -points else 0 end) as pending,
        sum(case when credit = 3 then points when debit = 3 then -points else 0 end) as reserved,
        sum(case when debit = 4 then points when credit = 4 then -points else 0 end) as deficit
    from (
        select tenant_id, member_id, unnest(wallets) as wallet, unnest(debits) as debit, unnest(credits) as credit,
            unnest(points) as points
        from ledger_transactions) r
    group by tenant_id, member_id, wallet
), held as (
    select tenant_id, member_id, wallet, sum(remaining) as held from lots group by tenant_id, member_id, wallet
)
select count(*) over (), tenant_id,
    format('member %s wallet %s: stored %s/%s/%s/%s, lots %s, moves %s/%s/%s/%s', member_id, wallet,
        w.available, w.pending, w.reserved, w.deficit, h.held, m.available, m.pending, m.reserved, m.deficit)
from wallets w
full join held h using (tenant_id, member_id, wallet)
full join moved m using (tenant_id, member_id, wallet)
where coalesce(w.available, 0) <> coalesce(m.available, 0)
   or coalesce(w.pending, 0) <> coalesce(m.pending, 0)
   or coalesce(w.reserved, 0) <> coalesce(m.reserved, 0)
   or coalesce(w.deficit, 0) <> coalesce(m.deficit, 0)
   or coalesce(h.held, 0) <> coalesce(w.available, 0) + coalesce(w.pending, 0)
