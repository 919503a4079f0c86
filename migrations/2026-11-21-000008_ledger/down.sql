drop table member_days;
drop table ledger_transfers;
drop table ledger_transactions;
drop table lots;
drop table wallets;
drop table member_ledgers;
