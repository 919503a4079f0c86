select count(*) over (), tenant_id, format('lot %s holds %s of %s', id, remaining, granted)
from lots where remaining < 0 or remaining > granted
