drop table partner_grants;
drop table partners;
