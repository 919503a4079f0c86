drop table budgets;
drop table rule_uses;
