-- Remember balances unless a newer version is there. A key of the wrong type or with a version
-- that no ledger can have is repaired.
local known = redis.pcall('HGET', KEYS[1], 'version')
if type(known) == 'table' then
    redis.call('DEL', KEYS[1])
    known = false
end
local version = known and tonumber(known)
if version and version < 9007199254740992 and version > tonumber(ARGV[1]) then
    return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'balances', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
