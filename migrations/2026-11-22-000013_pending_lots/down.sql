drop index wallets_by_next_expiry;
drop index lots_by_waiting;
revoke update (pending_until, awaits, activates_at, expires_at) on lots from tamaru_app;
alter table lots drop column awaits;
alter table lots drop column pending_until;
