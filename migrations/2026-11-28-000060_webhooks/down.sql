drop table webhook_deliveries, outbox, webhook_endpoints;
alter table tenant_keys drop column webhooks_since;
alter table tenants drop column has_webhooks;
