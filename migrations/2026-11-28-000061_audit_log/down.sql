drop table audit_heads, audit_log;
