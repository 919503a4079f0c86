revoke delete on idempotency_keys from tamaru_app;
drop index idempotency_keys_by_age;
