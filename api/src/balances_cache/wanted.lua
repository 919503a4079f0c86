-- Which of the keys are there, by their place from 1.
local wanted = {}
for i, key in ipairs(KEYS) do
    if redis.call('EXISTS', key) == 1 then
        wanted[#wanted + 1] = i
    end
end
return wanted
