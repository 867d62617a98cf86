-- Tables, closures, strings and coroutines; arg[1] rounds.
local function permutations(a, n)
  n = n or #a
  if n <= 1 then coroutine.yield(a) return end
  for i = 1, n do
    a[n], a[i] = a[i], a[n]
    permutations(a, n - 1)
    a[n], a[i] = a[i], a[n]
  end
end

for round = 1, tonumber(arg[1]) do
  local sum, words = 0, {}
  for p in coroutine.wrap(function() permutations({1, 2, 3, 4, 5, 6, 7}) end) do sum = (sum * 31 + p[1] * p[7]) % 1000003 end
  for i = 1, 20000 do
    local key = ("w%d"):format((i * 7919) % 1000)
    words[key] = (words[key] or 0) + i
  end
  local keys = {}
  for key in pairs(words) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return words[a] < words[b] or words[a] == words[b] and a < b end)
  local _, count = table.concat(keys, " "):gsub("w(%d)%1", "%1")
  print(round, sum, keys[1], keys[#keys], count)
end
