-- What a member has reserved is held by open reservations and nothing else. A reservation ends once, gives out all that it
-- held then, and never more; only what was taken is given back, once.
with held as (
    select tenant_id, member_id, subject as id, wallet, sum(points) as points from (
        select tenant_id, member_id, subject, unnest(wallets) as wallet, unnest(credits) as credit, unnest(points) as points
        from ledger_transactions where kind = 'reserve') r
    where credit = 3
    group by 1, 2, 3, 4
), ends as (
    select o.tenant_id, o.subject as id, count(distinct o.id) as ends, sum(r.points) as points
    from operations o
    left join (
        select tenant_id, member_id, version, unnest(debits) as debit, unnest(points) as points
        from ledger_transactions where 3 = any (debits)
    ) r on r.tenant_id = o.tenant_id and r.member_id = o.member_id and r.version = o.version and r.debit = 3
    where o.kind in ('capture', 'release')
    group by 1, 2
), open as (
    select h.* from held h left join ends e using (tenant_id, id) where e.id is null
), reversed as (
    select tenant_id, subject as id, count(*) as times from operations where kind = 'reverse' group by 1, 2
)
select count(*) over (), tenant_id, what from (
    select tenant_id, format('reservation %s held %s, ended %s times and gave out %s', id, h.points, e.ends, e.points)
    from held h join ends e using (tenant_id, id) where e.ends <> 1 or e.points is distinct from h.points
    union all
    select tenant_id, format('%s ended without having held anything', id)
    from ends e left join held h using (tenant_id, id) where h.id is null
    union all
    select tenant_id, format('member %s wallet %s has %s reserved, open reservations hold %s', member_id, wallet,
        w.reserved, o.points)
    from (select tenant_id, member_id, wallet, reserved from wallets where reserved > 0) w
    full join (select tenant_id, member_id, wallet, sum(points) as points from open group by 1, 2, 3) o
        using (tenant_id, member_id, wallet)
    where w.reserved is distinct from o.points
    union all
    select tenant_id, format('reservation %s is open and not looked after, or the other way round', id)
    from (select distinct tenant_id, id from open) o full join reservations v using (tenant_id, id)
    where o.id is null or v.id is null
    union all
    select r.tenant_id, format('redemption %s was reversed %s times, or was not taken', r.id, r.times)
    from reversed r
    left join redemptions m on m.tenant_id = r.tenant_id and m.id = r.id
    left join held h on h.tenant_id = r.tenant_id and h.id = r.id
    left join operations c on c.tenant_id = r.tenant_id and c.subject = r.id and c.kind = 'capture'
    where r.times <> 1 or m.id is null or (h.id is not null and c.id is null)
) violations (tenant_id, what)
