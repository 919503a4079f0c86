alter table member_ledgers drop column last_day;
alter table purchase_events alter column outcome type json using outcome::json;
alter table redemptions alter column outcome type json using outcome::json;
alter table purchases alter column outcome type json using outcome::json, alter column receipt type json using receipt::json;
