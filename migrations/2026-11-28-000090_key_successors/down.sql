alter table api_keys drop column replaced_by;
