-- All accounts of one wallet of one tenant together: what one lacks, another has.
with moves as (
    select tenant_id, wallet, points as delta from ledger_transfers
    union all
    select tenant_id, wallet, -points from ledger_transfers
)
select count(*) over (), tenant_id, format('wallet %s sums to %s', wallet, sum(delta))
from moves group by tenant_id, wallet having sum(delta) <> 0
