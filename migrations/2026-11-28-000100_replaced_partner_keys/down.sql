drop table replaced_partner_keys;
