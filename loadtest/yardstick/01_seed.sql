-- A million members over ten tenants: member m belongs to tenant 1 + m mod 10.
insert into tenants select g, 'tenant ' || g from generate_series(1, 10) g;
insert into members (tenant_id, member_id, card_no)
  select 1 + (m % 10), m, lpad(m::text, 13, '0') from generate_series(1, 1000000) m order by 1, 2;
insert into wallets (tenant_id, member_id) select 1 + (m % 10), m from generate_series(1, 1000000) m order by 1, 2;
