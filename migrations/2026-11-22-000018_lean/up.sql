set local citus.multi_shard_modify_mode to 'sequential';

-- What every recorded receipt costs: documents are given back as they came, so that Postgres need not read them while
-- it writes, and a member's last day says whether its counters are there to be added to.

alter table purchases alter column receipt type text, alter column outcome type text;
alter table redemptions alter column outcome type text;
alter table purchase_events alter column outcome type text;
-- A business date whose row in `member_days` exists; null before the first.
alter table member_ledgers add column last_day date;
