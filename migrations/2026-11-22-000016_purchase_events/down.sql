drop table purchase_events;
