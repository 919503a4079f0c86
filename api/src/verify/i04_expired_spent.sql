-- A lot is over at its instant, whether or not it was swept: nothing may be redeemed, held, corrected or passed on from
-- it then. Held points have left their lot, so that they may be taken later.
select count(*) over (), r.tenant_id,
    format('member %s version %s took %s from lot %s', r.member_id, r.version, r.points, r.lot_id)
from (
    select tenant_id, member_id, version, recorded_at, unnest(debits) as debit, unnest(credits) as credit,
        unnest(points) as points, unnest(lots) as lot_id
    from ledger_transactions where credits && array[3, 12, 14, 16]::smallint[]) r
join lots l on l.tenant_id = r.tenant_id and l.member_id = r.member_id and l.id = r.lot_id
where r.debit = 1 and r.credit in (3, 12, 14, 16) and l.expires_at <= r.recorded_at
