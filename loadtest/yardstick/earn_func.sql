-- One call of a stored function, one round trip.
\set m random(1, :members)
\set t 1 + :m % 10
\set pts random(1, 500)
\set k random(1, 9000000000000000)
SELECT earn_one(:t, :m, 'k'||:k::text, :pts, :pts::bigint*100);
