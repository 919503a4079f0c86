-- Take up to ARGV[2] requests from the bucket KEYS[1], which refills by ARGV[1] a second and holds a
-- second's worth. It is kept as the time in microseconds at which it would be full; whatever else
-- stands there counts as full, and no bucket is emptier than empty.
local second = 1000000
local time = redis.call('TIME')
local now = tonumber(time[1]) * second + tonumber(time[2])
local each = second / tonumber(ARGV[1])
local stored = redis.pcall('GET', KEYS[1])
local full_at = type(stored) == 'string' and tonumber(stored) or now
full_at = math.min(math.max(full_at, now), now + second)
local room = math.floor((second - (full_at - now)) / each + 0.000001)
local taken = math.min(room, tonumber(ARGV[2]))
full_at = full_at + taken * each
redis.call('SET', KEYS[1], string.format('%.3f', full_at), 'PX', 2000)
local next_in = 0
if taken == 0 then
    next_in = math.ceil((full_at - now + each - second) / 1000)
end
return {taken, room - taken, math.ceil((full_at - now) / 1000), next_in}
