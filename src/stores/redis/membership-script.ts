/**
 * Scripts of membership: which instances are alive, which dead ones have claims left, and whether Redis has lost
 * anything.
 */
import { CLAIMS_PRELUDE } from './claims-prelude.ts';

/**
 * Joins an instance, with a new fence: commands that it sent before and that are still on their way do nothing from now
 * on.
 *
 * An epoch is a time in which Redis loses nothing. A new one begins if there is none, if an instance remembers another
 * epoch that had its counters (counters seeded since may lack them), and if Redis lost what it had confirmed to this
 * instance. Then the gate is closed until every known instance has written to the ledger what it had settled.
 */
const JOIN = `
local P, self, fence, last, new, lease = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[5])
local lastFence, leastBeat = ARGV[6], tonumber(ARGV[7])
local time = redis.call('time')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local epoch = redis.call('get', P..'epoch')
local before = redis.call('hmget', P..'i:'..self, 'fence', 'beat')
local isGone = last ~= '' and not before[1]
local isBehind = before[1] and last == epoch and (tonumber(before[1]) < tonumber(lastFence) or tonumber(before[2] or 0) < leastBeat)
local isOther = last ~= '' and last ~= epoch and redis.call('exists', P..'gate') == 0
local isNew = not epoch or isBehind or isOther
if isNew then
  epoch = new
  redis.call('set', P..'epoch', epoch)
  redis.call('set', P..'gate', '1', 'px', lease)
  -- A number that no instance has received before: every instance that sees it invalidates everything.
  redis.call('set', P..'gen', string.format('%.0f', now))
  redis.call('del', P..'changes')
  for i = 8, #ARGV do redis.call('hset', P..'x:'..epoch, ARGV[i], '0') end
  for _, other in ipairs(redis.call('zrangebyscore', P..'instances', now - lease, '+inf')) do
    redis.call('hset', P..'x:'..epoch, other, '0')
  end
end
-- A new instance has settled nothing that could be missing.
if last ~= epoch then redis.call('hset', P..'x:'..epoch, self, last == '' and '1' or '0') end
redis.call('pexpire', P..'x:'..epoch, 86400000)
redis.call('hset', P..'i:'..self, 'fence', fence, 'beat', before[2] or '0')
redis.call('pexpire', P..'i:'..self, 86400000)
redis.call('zadd', P..'instances', now, self)
return {epoch, redis.call('get', P..'gen') or '0', isGone and 1 or 0, redis.call('zcount', P..'instances', now - lease, '+inf')}
`;

/** Says that the ledger has everything this instance had settled. The last instance opens the gate. */
const READY = `${CLAIMS_PRELUDE}
local waiting = P..'x:'..epoch
if redis.call('hget', waiting, self) == '0' and not head[3] then
  -- The others no longer waited: counters may have been seeded without what this instance had settled.
  return {'late', gen}
end
redis.call('hset', waiting, self, '1')
if not head[3] then return {'open', gen} end
for _, state in ipairs(redis.call('hvals', waiting)) do if state == '0' then return {'closed', gen} end end
redis.call('del', P..'gate')
return {'open', gen}
`;

/**
 * A heartbeat; answers which instances are alive, which dead ones have claims left, and which orphans are not booked
 * yet.
 */
const BEAT = `${CLAIMS_PRELUDE}
local lease = tonumber(ARGV[5])
local last = tonumber(redis.call('get', P..'beat') or now)
redis.call('set', P..'beat', now)
if now - last > lease / 2 then
  -- No instance sent a heartbeat: Redis was unavailable, not they.
  for _, other in ipairs(redis.call('zrangebyscore', P..'instances', last - lease, '+inf')) do
    redis.call('zadd', P..'instances', now, other)
  end
end
redis.call('zadd', P..'instances', now, self)
redis.call('hset', P..'i:'..self, 'beat', ARGV[6])
for _, key in ipairs({P..'i:'..self, B..'c:'..self, B..'s:'..self, B..'w:'..self}) do redis.call('pexpire', key, 86400000) end
redis.call('zremrangebyscore', P..'instances', '-inf', now - 86400000)
local dead = {}
for _, other in ipairs(redis.call('zrangebyscore', P..'instances', '-inf', now - lease)) do
  if redis.call('exists', B..'c:'..other) == 1 then dead[#dead + 1] = other end
end
local orphans = {}
for _, id in ipairs(redis.call('zrangebyscore', B..'o', '-inf', now - lease, 'limit', 0, 100)) do
  local record = redis.call('get', B..'t:'..id)
  if record then
    record = cmsgpack.unpack(record)
    redis.call('zadd', B..'o', now, id)
    addOrphan(orphans, id, record)
  else redis.call('zrem', B..'o', id) end
end
local changes = {}
if ARGV[7] ~= gen then changes = missed(ARGV[7]) end
return {'beat', gen, head[3] and 1 or 0, redis.call('zrangebyscore', P..'instances', now - lease, '+inf'), dead, orphans, changes}
`;

/** Leaves: open claims may be given up at once, and endings are remembered. */
const LEAVE = `${CLAIMS_PRELUDE}
redis.call('zadd', P..'instances', now - tonumber(ARGV[5]) - 1, self)
redis.call('del', P..'i:'..self)
return {'done', gen}
`;

/**
 * Books claims of a dead instance at their holds, some at a time, and keeps for each what a late settlement needs. What each is worth
 * is said when it is in the ledger.
 */
const REAP = `${CLAIMS_PRELUDE}
local dead, lease = ARGV[5], tonumber(ARGV[6])
local score = redis.call('zscore', P..'instances', dead)
if score and tonumber(score) > now - lease then return {'reaped', gen, 0} end
-- If it is alive after all, it has to join again.
redis.call('del', P..'i:'..dead)
local found = redis.call('hscan', B..'c:'..dead, 0, 'count', 50)[2]
local marks = B..'w:'..dead
local alive = redis.call('hget', marks, '*') or score
local records, all = {}, {}
for at = 1, #found, 2 do
  local record = cmsgpack.unpack(found[at + 1])
  local accounts = parse(record[TAIL], 1)
  records[#records + 1] = { id = found[at], record = record, accounts = accounts }
  for _, account in ipairs(accounts) do all[#all + 1] = account end
end
local unknown = unknownOf(all)
if unknown then return unknown end
local answer = {'reaped', gen, 0}
for _, one in ipairs(records) do
  local record = one.record
  reserve(one.accounts, -1, record)
  spend(one.accounts, record[HU], record[HP])
  free(one.accounts, record)
  record[SENT], record[ALIVE] = redis.call('hget', marks, one.id), alive
  redis.call('hdel', B..'c:'..dead, one.id)
  redis.call('set', B..'t:'..one.id, cmsgpack.pack(record), 'px', 86400000)
  redis.call('zadd', B..'o', now, one.id)
  addOrphan(answer, one.id, record)
end
save()
answer[3] = redis.call('hlen', B..'c:'..dead)
if answer[3] == 0 then redis.call('del', marks) end
return answer
`;

/**
 * These orphans are in the ledger, each at this cost instead of its hold. A counter that is missing will be made from the ledger, which
 * has it.
 */
const BOOKED = `${CLAIMS_PRELUDE}
for at = 5, #ARGV, 3 do
  local id, u, p = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local packed = redis.call('get', B..'t:'..id)
  if packed then
    local record = cmsgpack.unpack(packed)
    local du, dp = sub(u, p, record[HU], record[HP])
    spend(parse(record[TAIL], 1), du, dp)
    record[HU], record[HP] = u, p
    redis.call('set', B..'t:'..id, cmsgpack.pack(record), 'keepttl')
  end
  redis.call('zrem', B..'o', id)
end
save()
return {'done', gen}
`;

/** Numbers a change of objects, stores it for instances that miss it, and publishes it. */
const PUBLISH = `
local P = KEYS[1]
local number = redis.call('incr', P..'gen')
local message = string.format('%.0f', number)..' '..ARGV[2]
redis.call('lpush', P..'changes', message)
redis.call('ltrim', P..'changes', 0, 999)
redis.call('publish', ARGV[1], message)
return number
`;

/** The scripts of membership. */
export const MEMBERSHIP_SCRIPTS = {
  join: JOIN,
  ready: READY,
  beat: BEAT,
  reap: REAP,
  leave: LEAVE,
  booked: BOOKED,
  publish: PUBLISH,
} as const;
