-- Books of $members members of one tenant, as if each had bought six times, with three awards each, and then redeemed
-- points of two lots: 20 moves of points in 7 transactions. Ids and rows of the ledger are in the order of time, as the
-- service makes them.
create function pg_temp.id(kind int, number bigint) returns uuid language sql immutable parallel safe as $$
    select (lpad(to_hex(number), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8000000000000000')::uuid
$$;
create temp table people on commit drop as
    select i, pg_temp.id(1, i) as member from generate_series(1::bigint, $members) as i;
create temp table buys on commit drop as
    select (k * $members + i) as n, i, pg_temp.id(1, i) as member, k,
        date_trunc('day', now()) - make_interval(days => ((7 - k) * 45 + i % 30)::int, secs => 43200 - i % 20000) as at
    from generate_series(1, 6) as k, generate_series(1::bigint, $members) as i;
create temp table spends on commit drop as
    select i, pg_temp.id(1, i) as member,
        date_trunc('day', now()) - make_interval(days => (3 + i % 20)::int, secs => 43200 - i % 20000) as at
    from generate_series(1::bigint, $members) as i;

insert into members (tenant_id, id, enrolled_at, attributes, consents, created_at)
    select $tenant, member, now() - interval '400 days', '{}', '{}', now() - interval '400 days' from people;
insert into member_ledgers (tenant_id, member_id, version, last_recorded_at, status, enrolled_at, next_expires_at, wallets,
        available, pending, reserved, deficit, next_expiries, last_day, day_spend, day_gross_spend, day_visits,
        day_points_earned)
    select $tenant, s.member, 7, s.at, 'active', now() - interval '400 days', date_trunc('day', now()) + interval '60 days',
        '{points}', '{180}', '{0}', '{0}', '{0}', array[date_trunc('day', now()) + interval '60 days'], b.at::date, 1000, 1000,
        1, 40
    from spends s join buys b on b.i = s.i and b.k = 6;
insert into lots (tenant_id, member_id, expires_at, id, wallet, granted, remaining, occurred_at, transaction_id, rule,
        program_version)
    select $tenant, member, date_trunc('day', now()) + make_interval(days => 30 * k), pg_temp.id(4, n), 'points', 40,
        case k when 1 then 0 when 2 then 20 else 40 end, at, pg_temp.id(3, n), 'base', 1 from buys;
insert into ledger_transactions (tenant_id, member_id, version, id, kind, occurred_at, recorded_at, actor, subject, wallets,
        debits, credits, points, balances_after, rules, lots)
    select $tenant, member, version, id, kind, at, at, pg_temp.id(9, 1), subject, wallets, debits, credits, points,
        balances_after, rules, lots from (
        select member, k as version, pg_temp.id(3, n) as id, 'purchase' as kind, at, pg_temp.id(2, n) as subject,
            array['points', 'points', 'points'] as wallets, array[11, 11, 11] as debits, array[1, 1, 1] as credits,
            array[10, 10, 20] as points, array[k * 40 - 30, k * 40 - 20, k * 40] as balances_after,
            array['base', 'weekday-double', 'day-triple'] as rules, array_fill(pg_temp.id(4, n), array[3]) as lots
        from buys
        union all
        select member, 7, pg_temp.id(6, i), 'redeem', at, pg_temp.id(5, i), array['points', 'points'], array[1, 1],
            array[12, 12], array[40, 20], array[200, 180], array[null, null]::text[],
            array[pg_temp.id(4, $members + i), pg_temp.id(4, 2 * $members + i)]
        from spends
    ) made order by at;
insert into earlier_days (tenant_id, member_id, business_date, spend, gross_spend, visits, points_earned)
    select $tenant, member, at::date, 1000, 1000, 1, 40 from buys where k < 6;
insert into redemptions (tenant_id, id, member_id, content_hash, occurred_at, recorded_at, actor, outcome)
    select $tenant, pg_temp.id(5, i), member, pg_temp.id(7, i), at, at, pg_temp.id(9, 1),
        '{"id":"rsv_01m8hsfbyrecys5x429ejdfmp5","transaction_id":"txn_01m8hsfbyrecys5x429ejdfmp6","member_id":"mem_01m8hsfbs8et8r8mebzsp5hq0h","state":"captured","wallet":"points","points":60,"value":60,"expired":0,"reference":null,"expires_at":null,"occurred_at":"2026-11-28T19:17:53.24624Z","balances":[{"wallet":"points","available":180,"pending":0,"reserved":0,"deficit":0}],"version":7}'
    from spends;
insert into idempotency_keys (tenant_id, key, content_hash, subject, recorded_at)
    select $tenant, pg_temp.id(8, i), pg_temp.id(7, i), pg_temp.id(5, i), at from spends;
insert into purchases (tenant_id, id, till_identity, content_hash, member_id, store_id, business_date, occurred_at,
        recorded_at, actor, receipt, outcome)
    select $tenant, pg_temp.id(2, n), pg_temp.id(10, n), pg_temp.id(7, n), member, pg_temp.id(9, 2), at::date, at, at,
        pg_temp.id(9, 1),
        '{"store":"load","terminal":"860ac6013e95-0","receipt_number":"' || n || '","occurred_at":"2026-11-28T19:17:53.090636Z","member":{"id":"mem_01m8hsfbrqea0t2fbfx75apgh4"},"lines":[{"sku":"4900000000757","category":"food/frozen","quantity":2,"unit_price":100,"tax_percent":"8","points_excluded":false},{"sku":"4900000000316","category":"body/care","quantity":1,"unit_price":300,"tax_percent":"8","points_excluded":false},{"sku":"4900000000761","category":"stationery","quantity":2,"unit_price":250,"tax_percent":"8","points_excluded":false}],"tenders":[{"type":"cash","amount":1000}]}',
        '{"id":"pur_01m8hsfbt4eh597kma5krbvs9a","transaction_id":"txn_01m8hsfbt4eh597kma5krbvs9b","business_date":"' || at::date || '","program_version":1,"member_id":"mem_01m8hsfbrqea0t2fbfx75apgh4","store":"load","occurred_at":"2026-11-28T19:17:53.090636Z","recorded_at":"2026-11-28T19:17:53.153271Z","amounts":{"gross":1000,"discount":0,"taxable":1000,"points_paid":0,"total":1000,"tax":[{"percent":"8","net":926,"tax":74}]},"discounts":[],"earned":[{"rule":"base","wallet":"points","points":10,"wanted":10,"activates_at":null,"expires_at":"2027-11-28T20:00:00Z"},{"rule":"weekday-double","wallet":"points","points":10,"wanted":10,"activates_at":null,"expires_at":"2027-11-28T20:00:00Z"},{"rule":"day-triple","wallet":"points","points":20,"wanted":20,"activates_at":null,"expires_at":"2027-11-28T20:00:00Z"}],"redeemed":[],"balances":[{"wallet":"points","available":' || 40 * k || ',"pending":0,"reserved":0,"deficit":0}],"version":' || k || ',"ranks":[],"explanation":[{"rule":"base","fired":true,"amount":1000,"points":10},{"rule":"weekday-double","fired":true,"amount":1000,"base_points":10,"times":"2","points":10},{"rule":"day-triple","fired":true,"amount":1000,"base_points":10,"times":"3","points":20}],"counted":{"on":"' || at::date || '","spend":1000,"gross_spend":1000,"points":40}}'
    from buys;
