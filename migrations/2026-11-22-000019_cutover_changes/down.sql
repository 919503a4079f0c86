alter table tenants drop column earlier_cutovers;
