/** The scripts on claims in Redis's own language: each runs whole or not at all, in one round trip. */
import { CLAIMS_PRELUDE } from './claims-prelude.ts';

/** Reserves on every account, or says which one refuses. */
const CLAIM = `${CLAIMS_PRELUDE}
if head[3] then return {'closed', gen} end
if gen ~= ARGV[5] then return missed(ARGV[5]) end
local id, input, output = ARGV[6], tonumber(ARGV[7]), tonumber(ARGV[8])
local hu, hp, eu, ep = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11]), tonumber(ARGV[12])
if redis.call('hexists', B..'c:'..self, id) == 1 then return {'duplicate', gen} end
local accounts = parse(ARGV, 22)
local unknown = unknownOf(accounts)
if unknown then return unknown end

local function fits(limit, hu, hp, eu, ep)
  local c = limit.counter
  local u, p = add(c.su, c.sp, c.hu, c.hp)
  if not less(u, p, limit.u, limit.p) then return false end
  u, p = add(u, p, hu, hp)
  if less(limit.u, limit.p, u, p) then return false end
  u, p = add(u, p, c.eu, c.ep)
  u, p = add(u, p, eu, ep)
  local mu, mp = add(limit.u, limit.p, limit.du, limit.dp)
  return not less(mu, mp, u, p)
end
local function all(holds)
  for _, account in ipairs(accounts) do
    for _, limit in ipairs(account.money) do if not holds(limit) then return false end end
  end
  return true
end
-- With a cap, a claim is granted as many tokens as fit. With a share, that is at most an eighth of what is free, or the
-- share if that is more, while others hold on the budget or wait for it.
local fu, fp, tu, tp = tonumber(ARGV[13]), tonumber(ARGV[14]), tonumber(ARGV[15]), tonumber(ARGV[16])
local low, high, share, doOthersWait = tonumber(ARGV[17]), tonumber(ARGV[18]), tonumber(ARGV[19]), ARGV[20] ~= ''
local isCapped = low and low <= high
local function cost(tokens)
  local u, p = times(tu, tp, tokens)
  return add(fu, fp, u, p)
end
local function isUnreserved(c) return c.hu == 0 and c.hp == 0 and c.eu == 0 and c.ep == 0 end
local su, sp
if isCapped and share then su, sp = cost(share) end
local function isFair(limit, u, p)
  if not su or (isUnreserved(limit.counter) and not doOthersWait) or not less(su, sp, u, p) then return true end
  u, p = times(u, p, 8)
  return fits(limit, u, p, 0, 0)
end
local function fitsLeast(limit)
  if not isCapped then return fits(limit, hu, hp, eu, ep) end
  if su and not isUnreserved(limit.counter) then return fits(limit, su, sp, 0, 0) end
  local u, p = cost(low)
  return fits(limit, u, p, 0, 0)
end
local wu, wp = add(hu, hp, eu, ep)
local cap, isIn = -1, all(function(limit) return fits(limit, hu, hp, eu, ep) and isFair(limit, wu, wp) end)
if not isIn and isCapped and all(fitsLeast) then
  local from, to = low, high
  while from < to do
    local middle = math.ceil((from + to) / 2)
    local u, p = cost(middle)
    if all(function(limit) return fits(limit, u, p, 0, 0) and isFair(limit, u, p) end) then from = middle
    else to = middle - 1 end
  end
  cap, isIn = from, true
  hu, hp = cost(from)
  eu, ep = 0, 0
end

local function untilAtMost(m, field, most)
  if most < 0 then return -1 end
  local left = field == 't' and m.i + m.o or m[field]
  for at = m.first or 0, m.last or -1 do
    local b = bucketOf(m, at)
    if b then
      left = left - (field == 't' and b.i + b.o or b[field])
      if left <= most then return (at + COUNTED) * 1000 - now end
    end
  end
  return -1
end
for a, account in ipairs(accounts) do
  if not isIn then
    for l, limit in ipairs(account.money) do
      if not fitsLeast(limit) then
        local c = limit.counter
        return {'refused', gen, a, 'money', l, c.su, c.sp, c.hu, c.hp, -1}
      end
    end
  end
  if account.isRated then
    local m = minuteOf(account.id)
    account.minute = m
    local function over(limit, kind, field, used, wanted)
      if limit and used + wanted > limit then
        return {'refused', gen, a, kind, 0, used, 0, 0, 0, untilAtMost(m, field, limit - wanted)}
      end
    end
    local refused = over(account.requests, 'requests', 'r', m.r, 1)
      or over(account.tokens, 'tokens', 't', m.i + m.o, input + output)
      or over(account.input, 'input-tokens', 'i', m.i, input)
      or over(account.output, 'output-tokens', 'o', m.o, output)
    if refused then return refused end
  end
  if account.parallel then
    local open = tonumber(redis.call('get', B..'p:'..account.id) or 0)
    if open >= account.parallel then return {'refused', gen, a, 'parallel', 0, open, 0, 0, 0, -1} end
  end
end

local record = {hu, hp, eu, ep, sec, input, output, ARGV[21], {unpack(ARGV, 22)}}
reserve(accounts, 1, record)
save()
for _, account in ipairs(accounts) do
  if account.isFirst then
    if account.minute then count(account.minute, sec, 1, input, output) end
    if account.parallel then slot(account.id, 1) end
  end
end
write(self, id, record)
return remaining({'granted', gen, hu, hp, eu, ep, cap}, accounts)
`;

/**
 * Changes what an open claim reserves. A claim that was given up as orphaned is booked at its hold, which changes as
 * well.
 */
const EXTEND = `${CLAIMS_PRELUDE}
local id = ARGV[5]
local hu, hp, eu, ep = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local record = recordOf(self, id)
local orphan = not record and redis.call('get', B..'t:'..id)
if orphan then record = cmsgpack.unpack(orphan) end
if not record then return {'gone', gen} end
local accounts = parse(record[TAIL], 1)
local unknown = unknownOf(accounts)
if unknown then return unknown end
local gu, gp = sub(hu, hp, record[HU], record[HP])
local xu, xp = sub(eu, ep, record[EU], record[EP])
local wu, wp = add(gu, gp, xu, xp)
for a, account in ipairs(accounts) do
  for l, limit in ipairs(account.money) do
    local c = limit.counter
    local u, p = add(c.su, c.sp, c.hu, c.hp)
    local nu, np = add(u, p, gu, gp)
    local doesFit = not less(0, 0, gu, gp) or not less(limit.u, limit.p, nu, np)
    if doesFit and less(0, 0, wu, wp) then
      nu, np = add(u, p, c.eu, c.ep)
      nu, np = add(nu, np, wu, wp)
      local mu, mp = add(limit.u, limit.p, limit.du, limit.dp)
      doesFit = not less(mu, mp, nu, np)
    end
    if not doesFit then return {'refused', gen, a, 'money', l, c.su, c.sp, c.hu, c.hp, -1} end
  end
end
if orphan then
  spend(accounts, gu, gp)
  record[HU], record[HP], record[GREW] = hu, hp, true
  redis.call('set', B..'t:'..id, cmsgpack.pack(record), 'keepttl')
else
  reserve(accounts, -1, record)
  record[HU], record[HP], record[EU], record[EP], record[GREW] = hu, hp, eu, ep, true
  reserve(accounts, 1, record)
  write(self, id, record)
end
save()
return remaining({'granted', gen, hu, hp, eu, ep, -1}, accounts)
`;

/**
 * Ends a claim, once: `settle` books its cost, `cancel` undoes it. `booked` is a settlement that the ledger has already:
 * a missing counter will be seeded with it. If the record is lost, the accounts in the arguments say where the cost goes;
 * if it belongs to another instance (the journal of a dead process), it is searched for.
 */
const END = `${CLAIMS_PRELUDE}
local id, isCancel = ARGV[5], ARGV[6] == 'cancel'
local cu, cp, input, output = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local charges, at = {}, 12
for i = 1, tonumber(ARGV[11]) do
  if ARGV[at + 7] == '' or redis.call('hexists', B..'m:'..ARGV[at + 1]..':'..ARGV[at], 'su') == 1 then
    charges[#charges + 1] = { id = ARGV[at], u = tonumber(ARGV[at + 5]), p = tonumber(ARGV[at + 6]), money = {{
      window = ARGV[at + 1], starts = ARGV[at + 3], ends = ARGV[at + 4],
      counter = counterOf(ARGV[at], ARGV[at + 1], ARGV[at + 2]) }} }
  end
  at = at + 8
end
local isOwn = ARGV[at] ~= ''
local isBooked = ARGV[6] == 'booked'
local owner, record = self, recordOf(self, id)
local orphan = not record and redis.call('get', B..'t:'..id)
if not record and not orphan then
  if redis.call('zscore', B..'s:'..self, id) then return {'done', gen, 0} end
  if not isOwn then
    for _, other in ipairs(redis.call('zrange', P..'instances', 0, -1)) do
      if redis.call('zscore', B..'s:'..other, id) then return {'done', gen, 0} end
      record = recordOf(other, id)
      if record then owner = other break end
    end
    -- No record is left: the ledger has its rows, or it was never claimed.
    if not record then return {'done', gen, 0} end
  end
end
if orphan then record = cmsgpack.unpack(orphan) end
local accounts = record and parse(record[TAIL], 1) or parse(ARGV, at)
if not isCancel and not isBooked or orphan then
  local unknown = unknownOf(accounts) or unknownOf(charges)
  if unknown then return unknown end
end
if orphan then
  -- Its hold was booked.
  local u, p = sub(cu, cp, record[HU], record[HP])
  spend(accounts, u, p)
  redis.call('del', B..'t:'..id)
else
  if record then
    reserve(accounts, -1, record)
    free(accounts, record)
    for _, account in ipairs(accounts) do
      if account.isFirst and account.isRated then
        if isCancel then recount(account.id, record[AT], -1, -record[INPUT], -record[OUTPUT])
        else recount(account.id, record[AT], 0, input - record[INPUT], output - record[OUTPUT]) end
      end
    end
    redis.call('hdel', B..'c:'..owner, id)
    redis.call('hdel', B..'w:'..owner, id)
  end
  if not isCancel then spend(accounts, cu, cp) end
end
for _, charge in ipairs(charges) do spend({charge}, charge.u, charge.p) end
if record or not isCancel then save() end
ended(self, id)
return {'done', gen, 1}
`;

/**
 * Registers a claim that was granted without Redis, or that Redis lost: no limit is checked. Repeating it changes
 * nothing.
 */
const REGISTER = `${CLAIMS_PRELUDE}
local id, isOrphan = ARGV[5], ARGV[6] == '1'
local record = {tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10]), sec - tonumber(ARGV[11]),
  tonumber(ARGV[14]), tonumber(ARGV[15]), ARGV[16], {unpack(ARGV, 17)}, false, ARGV[13] == '1'}
if redis.call('exists', B..'t:'..id) == 1 then return {'orphan', gen} end
if redis.call('zscore', B..'s:'..self, id) then return {'done', gen} end
local before = recordOf(self, id)
if isOrphan then
  if before then return {'done', gen} end
  redis.call('set', B..'t:'..id, cmsgpack.pack(record), 'px', 86400000)
  return {'done', gen}
end
local accounts = parse(record[TAIL], 1)
if before then
  reserve(accounts, -1, before)
  record[AT], record[LEFT] = before[AT], before[LEFT]
else
  for _, account in ipairs(accounts) do
    if account.isFirst and account.isRated and record[AT] > sec - COUNTED then
      local minute = minuteOf(account.id)
      -- A second older than the first of the window counts in the first.
      count(minute, math.max(record[AT], minute.first or record[AT]), 1, record[INPUT], record[OUTPUT])
    end
    if account.isFirst and account.parallel then slot(account.id, 1) end
  end
end
reserve(accounts, 1, record)
save()
write(self, id, record)
if ARGV[12] ~= '' then redis.call('hsetnx', B..'w:'..self, id, now - tonumber(ARGV[12])) end
return {'done', gen}
`;

/** Notes which claims were sent, and that their instance lives. */
const SENT = `${CLAIMS_PRELUDE}
local marks = B..'w:'..self
redis.call('hset', marks, '*', now)
for at = 5, #ARGV do
  if redis.call('hexists', B..'c:'..self, ARGV[at]) == 1 then redis.call('hsetnx', marks, ARGV[at], now) end
end
return {'done', gen}
`;

/** Frees the slots of an open claim, once. */
const FREE = `${CLAIMS_PRELUDE}
local record = recordOf(self, ARGV[5])
if record then
  free(parse(record[TAIL], 1), record)
  record[LEFT] = 1
  write(self, ARGV[5], record)
end
return {'done', gen}
`;

/** Grants a part of what may be had of something in a period, which begins with the first part. */
const GRANT = `${CLAIMS_PRELUDE}
local key, count, limit, period = B..'f:'..ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8]
local used = tonumber(redis.call('get', key) or 0)
local granted = math.max(0, math.min(count, limit - used))
if granted > 0 then
  redis.call('incrby', key, granted)
  if used == 0 then redis.call('pexpire', key, period) end
end
local left = redis.call('pttl', key)
return {'granted', gen, granted, left > 0 and left or tonumber(period)}
`;

/** Seeds counters that have no seed yet. */
const SEED = `${CLAIMS_PRELUDE}
if head[3] then return {'closed', gen} end
for at = 5, #ARGV, 5 do
  local c = counterOf(ARGV[at], ARGV[at + 1], ARGV[at + 2])
  if not c.isKnown then c.isKnown, c.su, c.sp = true, tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]) end
end
save()
return {'done', gen}
`;

/** Sets what was spent; a counter that does not exist will be seeded by the corrected ledger. */
const CORRECT = `${CLAIMS_PRELUDE}
local c = counterOf(ARGV[5], ARGV[6], 0)
if c.isKnown then
  c.su, c.sp = tonumber(ARGV[7]), tonumber(ARGV[8])
  save()
end
return {'done', gen}
`;

/** Reads counters, and whether each has a seed. */
const READ = `${CLAIMS_PRELUDE}
local answer = {'read', gen}
for at = 5, #ARGV, 2 do
  local c = counterOf(ARGV[at], ARGV[at + 1], 0)
  answer[#answer + 1] = { c.isKnown and 1 or 0, c.su, c.sp, c.hu, c.hp, c.eu, c.ep }
end
return answer
`;

/** The scripts on claims. */
export const CLAIM_SCRIPTS = {
  claim: CLAIM,
  extend: EXTEND,
  end: END,
  free: FREE,
  sent: SENT,
  grant: GRANT,
  register: REGISTER,
  seed: SEED,
  correct: CORRECT,
  read: READ,
} as const;
