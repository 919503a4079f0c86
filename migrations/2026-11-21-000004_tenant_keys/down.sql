drop table tenant_keys;
