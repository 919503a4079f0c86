drop table ledger_sums;
