drop table consent_changes;
