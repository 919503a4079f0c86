alter table tenants drop column two_person_above;
