drop table job_runs;
alter table tenant_keys drop column test_clock;
