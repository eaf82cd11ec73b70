/**
 * The functions that the scripts on claims share. An amount of money is two whole numbers, USD and the pico-USD below
 * one: Lua counts in doubles, which are exact to 2^53. All keys have one hash tag, so that a Redis Cluster stores them
 * on one node. `KEYS[1]` is the prefix of all keys.
 */

/**
 * The beginning of all scripts on claims: checks that the caller is a member and Redis lost nothing; then shared
 * functions.
 */
export const CLAIMS_PRELUDE = `
local P, epoch, self = KEYS[1], ARGV[1], ARGV[2]
local head = redis.call('mget', P..'epoch', P..'gen', P..'gate')
if head[1] ~= epoch or redis.call('hget', P..'i:'..self, 'fence') ~= ARGV[3] then return {'resync'} end
local B, gen = P..epoch..':', head[2] or '0'
local time = redis.call('time')
local now = tonumber(ARGV[4]) or (tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local sec = math.floor(now / 1000)
local WHOLE = 1000000000000

local function add(au, ap, bu, bp)
  local u, p = au + bu, ap + bp
  if p >= WHOLE then return u + 1, p - WHOLE end
  return u, p
end
local function sub(au, ap, bu, bp)
  local u, p = au - bu, ap - bp
  if p < 0 then return u - 1, p + WHOLE end
  return u, p
end
local function less(au, ap, bu, bp) return au < bu or (au == bu and ap < bp) end
local function times(u, p, count)
  local low = (p % 1000000) * count
  local high = math.floor(p / 1000000) * count + math.floor(low / 1000000)
  return u * count + math.floor(high / 1000000), (high % 1000000) * 1000000 + low % 1000000
end

-- Budgets of one period share a counter: it is one table, which is loaded, changed and saved once.
local counters, order = {}, {}
local function counterOf(account, window, ttl)
  local key = B..'m:'..window..':'..account
  local one = counters[key]
  if one then return one end
  local v = redis.call('hmget', key, 'su', 'sp', 'hu', 'hp', 'eu', 'ep')
  one = { key = key, ttl = tonumber(ttl), isKnown = v[1] and true, isNew = not v[1] and not v[3],
    su = tonumber(v[1] or 0), sp = tonumber(v[2] or 0), hu = tonumber(v[3] or 0), hp = tonumber(v[4] or 0),
    eu = tonumber(v[5] or 0), ep = tonumber(v[6] or 0) }
  counters[key] = one
  order[#order + 1] = one
  return one
end
local function save()
  for _, one in ipairs(order) do
    if one.isKnown then
      redis.call('hset', one.key, 'su', one.su, 'sp', one.sp, 'hu', one.hu, 'hp', one.hp, 'eu', one.eu, 'ep', one.ep)
    else
      redis.call('hset', one.key, 'hu', one.hu, 'hp', one.hp, 'eu', one.eu, 'ep', one.ep)
    end
    if one.isNew and one.ttl > 0 then redis.call('pexpire', one.key, one.ttl) end
  end
end

-- Parses the accounts of a claim, from the arguments or from a record.
local function parse(list, at)
  local accounts, seen = {}, {}
  local count = tonumber(list[at])
  at = at + 1
  for a = 1, count do
    local id = list[at]
    local one = { id = id, requests = tonumber(list[at + 1]), tokens = tonumber(list[at + 2]),
      input = tonumber(list[at + 3]), output = tonumber(list[at + 4]), parallel = tonumber(list[at + 5]),
      isFirst = not seen[id], money = {} }
    seen[id] = true
    one.isRated = one.requests or one.tokens or one.input or one.output
    local limits = tonumber(list[at + 6])
    at = at + 7
    for m = 1, limits do
      one.money[m] = { window = list[at], ttl = list[at + 1], u = tonumber(list[at + 2]), p = tonumber(list[at + 3]),
        du = tonumber(list[at + 4]), dp = tonumber(list[at + 5]), starts = list[at + 6], ends = list[at + 7],
        counter = counterOf(id, list[at], list[at + 1]) }
      at = at + 8
    end
    accounts[a] = one
  end
  return accounts
end
-- The counters that have no seed yet: the ledger is asked first.
local function unknownOf(accounts)
  local unknown, seen = {'unknown', gen}, {}
  for _, account in ipairs(accounts) do
    for _, limit in ipairs(account.money) do
      if not limit.counter.isKnown and not seen[limit.counter] then
        seen[limit.counter] = true
        for _, part in ipairs({account.id, limit.window, limit.starts, limit.ends}) do unknown[#unknown + 1] = part end
      end
    end
  end
  if #unknown == 2 then return nil end
  -- While the gate is closed the ledger may lack what another instance has settled.
  return head[3] and {'closed', gen} or unknown
end

-- The last minute, second by second: r, i and o are sums over the fields named by seconds, f and l the first and last
-- of these.
local RATE_TTL_MS, COUNTED = 120000, 61
local function minuteOf(id)
  local key = B..'r:'..id
  local v = redis.call('hmget', key, 'f', 'l', 'r', 'i', 'o')
  local one = { key = key, first = tonumber(v[1]), last = tonumber(v[2]), r = tonumber(v[3] or 0), i = tonumber(v[4] or 0), o = tonumber(v[5] or 0) }
  local oldest = sec - COUNTED + 1
  if one.first and one.last < oldest then
    redis.call('del', key)
    return { key = key, r = 0, i = 0, o = 0 }
  end
  if one.first and one.first < oldest then
    local gone = {}
    for at = one.first, one.last do
      local bucket = redis.call('hget', key, at)
      if bucket then
        if at >= oldest then one.first = at break end
        local r, i, o = string.match(bucket, '(%d+),(%d+),(%d+)')
        one.r, one.i, one.o = one.r - r, one.i - i, one.o - o
        gone[#gone + 1] = at
      end
    end
    redis.call('hdel', key, unpack(gone))
    redis.call('hset', key, 'f', one.first, 'r', one.r, 'i', one.i, 'o', one.o)
  end
  return one
end
local function bucketOf(minute, at)
  local bucket = redis.call('hget', minute.key, at)
  if not bucket then return nil end
  local r, i, o = string.match(bucket, '(%d+),(%d+),(%d+)')
  return { r = tonumber(r), i = tonumber(i), o = tonumber(o) }
end
local function count(minute, at, r, i, o)
  local bucket = bucketOf(minute, at) or { r = 0, i = 0, o = 0 }
  local nr, ni, no = math.max(0, bucket.r + r), math.max(0, bucket.i + i), math.max(0, bucket.o + o)
  minute.r, minute.i, minute.o = minute.r + nr - bucket.r, minute.i + ni - bucket.i, minute.o + no - bucket.o
  minute.first, minute.last = minute.first or at, math.max(minute.last or at, at)
  redis.call('hset', minute.key, at, string.format('%.0f,%.0f,%.0f', nr, ni, no), 'f', minute.first, 'l', minute.last,
    'r', minute.r, 'i', minute.i, 'o', minute.o)
  redis.call('pexpire', minute.key, RATE_TTL_MS)
end
-- Changes what was counted in a second, unless that has left the window.
local function recount(id, at, r, i, o)
  if r == 0 and i == 0 and o == 0 then return end
  local minute = minuteOf(id)
  if minute.first and at >= minute.first and redis.call('hexists', minute.key, at) == 1 then count(minute, at, r, i, o) end
end
local function slot(id, by)
  local key = B..'p:'..id
  local left = redis.call('incrby', key, by)
  if left <= 0 then redis.call('del', key) else redis.call('pexpire', key, 86400000) end
end

-- Records of open claims: { hold, exposure, second, tokens, note, accounts }, as the instance's hash has them. What a
-- claim learned since: its slots are free, what it reserves has changed; of an orphan, when it was sent and the last sign of life.
-- While it is open, when it was sent is in a hash beside it: B..'w:'..instance, with the last sign of life at '*'.
local function write(owner, id, record) redis.call('hset', B..'c:'..owner, id, cmsgpack.pack(record)) end
local function recordOf(owner, id)
  local packed = redis.call('hget', B..'c:'..owner, id)
  return packed and cmsgpack.unpack(packed)
end
local HU, HP, EU, EP, AT, INPUT, OUTPUT, NOTE, TAIL, LEFT = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
local GREW, SENT, ALIVE = 11, 12, 13
-- Changes the counter of each budget once.
local function changeAll(accounts, change)
  local done = {}
  for _, account in ipairs(accounts) do
    for _, limit in ipairs(account.money) do
      local c = limit.counter
      if not done[c] then
        done[c] = true
        change(c)
      end
    end
  end
end
local function reserve(accounts, sign, record)
  local by = sign > 0 and add or sub
  changeAll(accounts, function(c)
    c.hu, c.hp = by(c.hu, c.hp, record[HU], record[HP])
    c.eu, c.ep = by(c.eu, c.ep, record[EU], record[EP])
  end)
end
local function spend(accounts, u, p)
  changeAll(accounts, function(c) c.su, c.sp = add(c.su, c.sp, u, p) end)
end
local function free(accounts, record)
  -- Its slots may be free already, while its cost is counted.
  if record[LEFT] then return end
  for _, account in ipairs(accounts) do
    if account.isFirst and account.parallel then slot(account.id, -1) end
  end
end
-- Remembers the last endings of an instance, so that a repeated one changes nothing.
local MOST_ENDED = 50000
local function ended(owner, id)
  local key = B..'s:'..owner
  redis.call('zadd', key, now, id)
  if now % 16 == 0 then
    redis.call('zremrangebyrank', key, 0, -MOST_ENDED - 1)
    redis.call('pexpire', key, 86400000)
  end
end
local function addOrphan(answer, id, record)
  for _, part in ipairs({id, record[HU], record[HP], record[EU], record[EP], record[AT], record[SENT] or '',
    record[ALIVE] or '', record[GREW] and 1 or 0, record[NOTE]}) do answer[#answer + 1] = part end
end
local function remaining(answer, accounts)
  for _, account in ipairs(accounts) do
    local m = account.isRated and (account.minute or minuteOf(account.id))
    answer[#answer + 1] = m and m.r or 0
    answer[#answer + 1] = m and m.i or 0
    answer[#answer + 1] = m and m.o or 0
    answer[#answer + 1] = account.parallel and tonumber(redis.call('get', B..'p:'..account.id) or 0) or 0
    answer[#answer + 1] = m and m.first and ((m.first + COUNTED) * 1000 - now) or 0
    for _, limit in ipairs(account.money) do
      local c = limit.counter
      answer[#answer + 1] = c.su
      answer[#answer + 1] = c.sp
      answer[#answer + 1] = c.hu
      answer[#answer + 1] = c.hp
    end
  end
  return answer
end
local function missed(heard)
  local behind = tonumber(gen) - tonumber(heard)
  if behind < 1 or behind > 1000 then return {'stale', gen} end
  return {'stale', gen, unpack(redis.call('lrange', P..'changes', 0, behind - 1))}
end
`;
