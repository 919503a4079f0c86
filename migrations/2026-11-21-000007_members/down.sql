drop table member_identifiers;
drop table member_profiles;
drop table members;
