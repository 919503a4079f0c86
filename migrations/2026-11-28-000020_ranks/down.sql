alter table tenant_keys drop column ranks_began_on, drop column ranks_reviewed_on;
drop table rank_changes;
drop table ranks;
