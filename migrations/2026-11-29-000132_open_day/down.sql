set local citus.multi_shard_modify_mode to 'sequential';

drop view member_days;
insert into earlier_days (tenant_id, member_id, business_date, spend, gross_spend, visits, points_earned)
    select tenant_id, member_id, last_day, day_spend, day_gross_spend, day_visits, day_points_earned
    from member_ledgers where last_day is not null;
alter table member_ledgers drop column day_points_earned, drop column day_visits, drop column day_gross_spend,
    drop column day_spend;
alter index earlier_days_pkey rename to member_days_pkey;
alter table earlier_days rename to member_days;
