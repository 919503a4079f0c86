drop table key_uses;
drop table key_days;
alter table api_keys drop column restrictions;
