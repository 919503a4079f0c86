-- Make a key that holds nothing yet, so that whoever writes its member from now on fills it.
-- ARGV: time to live in milliseconds.
if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('HSET', KEYS[1], 'version', 0)
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return 1
