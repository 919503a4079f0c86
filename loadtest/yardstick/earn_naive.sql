-- Statement by statement in one transaction, as an application without a function would do it.
\set m random(1, :members)
\set t 1 + :m % 10
\set pts random(1, 500)
\set k random(1, 9000000000000000)
BEGIN;
SELECT rank_code FROM members WHERE tenant_id=:t AND member_id=:m;
SELECT balance, version FROM wallets WHERE tenant_id=:t AND member_id=:m AND wallet=1 FOR UPDATE;
INSERT INTO ledger_transactions(tenant_id,id,member_id,kind,idempotency_key,occurred_at,payload) VALUES (:t, uuid7(), :m, 1, 'k'||:k::text, now(), jsonb_build_object('amount',:pts::bigint*100,'store','S001','rule','base-1pct','receipt',:k::text)) RETURNING id AS txid \gset
INSERT INTO ledger_entries VALUES (:t, :txid, 1, :m, 1, :pts, NULL);
INSERT INTO ledger_entries VALUES (:t, :txid, 2, :m, 2, -(:pts)::bigint, NULL);
INSERT INTO lots VALUES (:t, :txid, :m, :pts, :pts, current_date+365);
UPDATE wallets SET balance=balance+:pts::bigint, lifetime=lifetime+:pts::bigint, version=version+1 WHERE tenant_id=:t AND member_id=:m AND wallet=1;
INSERT INTO outbox VALUES (:t, :txid, jsonb_build_object('type','points.earned','member',:m::bigint,'points',:pts::bigint));
COMMIT;
