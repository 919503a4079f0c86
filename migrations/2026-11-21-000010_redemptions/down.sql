drop table redemptions;
