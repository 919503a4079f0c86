-- Remember balances of several members of one tenant, each where its key is there and holds no newer
-- version: a key is made by who read in vain, so that what nobody asks for takes no room.
-- ARGV: time to live in milliseconds, then version and balances for each key. A key of the wrong
-- type or with a version that no ledger can have is repaired.
local written = 0
for i, key in ipairs(KEYS) do
    local version, balances = ARGV[2 * i], ARGV[2 * i + 1]
    local known = redis.pcall('HGET', key, 'version')
    if known or redis.call('EXISTS', key) == 1 then
        if type(known) == 'table' then
            redis.call('DEL', key)
            known = false
        end
        known = known and tonumber(known)
        if not (known and known < 9007199254740992 and known > tonumber(version)) then
            redis.call('HSET', key, 'version', version, 'balances', balances)
            redis.call('PEXPIRE', key, ARGV[1])
            written = written + 1
        end
    end
end
return written
