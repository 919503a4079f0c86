alter table tenant_keys drop column test_clock_moves;
