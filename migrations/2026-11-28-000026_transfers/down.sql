alter table operations drop column counterpart_id, drop column counterpart_version;
