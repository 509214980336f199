"""The Lua scripts of the per-user cache: each is one atomic step of the protocol on one user's hash.

The hash (its key holds the user as hash tag, so that everything of a user lies in one slot) has these fields:

- `n`: the nonce of the present generation, `<born, in microseconds of the server's clock>.<random>`
- `f`: the fences that stand, `<token>:<expiry in milliseconds>;…`; missing when none does
- `r`: the user's revision, when it is known for certain
- `z`: the bytes that the answers take
- `s:<session>`: what the account of a living session is
- `a:<path>?<query>`: an answer

Every script drops the answers whenever it renews the nonce. A fence that has expired belonged to a process that
died or lost its connection: the revision that it wrote is not known here, hence `r` goes with it.
They may run when the server is out of memory, because they free more than they take; only `FILL` is refused then.
"""

_PRELUDE = """#!lua flags=allow-oom
local key = KEYS[1]
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)

-- Returns the fences that still stand, without the given one; whether that one stood; whether another one expired.
local function read_fences(own)
  local standing, stood, expired = {}, false, false
  for token, expiry in string.gmatch(redis.call('HGET', key, 'f') or '', '([^:;]+):(%d+)') do
    if token == own then stood = tonumber(expiry) > now_ms
    elseif tonumber(expiry) > now_ms then standing[#standing + 1] = token .. ':' .. expiry
    else expired = true end
  end
  return standing, stood, expired
end

-- Begins a generation: no answers, another nonce, these fences and this revision; one lifetime for all of it.
local function renew(random, fences, revision, keeps_sessions, ttl_ms)
  if keeps_sessions then
    for _, field in ipairs(redis.call('HKEYS', key)) do
      if string.sub(field, 1, 2) ~= 's:' then redis.call('HDEL', key, field) end
    end
  else
    redis.call('DEL', key)
  end
  local nonce = string.format('%.0f', now_us) .. '.' .. random
  redis.call('HSET', key, 'n', nonce)
  if #fences > 0 then redis.call('HSET', key, 'f', table.concat(fences, ';')) end
  if revision then redis.call('HSET', key, 'r', revision) end
  redis.call('PEXPIRE', key, ttl_ms)
  return nonce
end
"""

# ARGV: token, lifetime of the fence (ms), random, 1 to keep the sessions, lifetime of the generation (ms)
RAISE_FENCE = (
    _PRELUDE
    + """
local fences, _, expired = read_fences(ARGV[1])
fences[#fences + 1] = ARGV[1] .. ':' .. string.format('%.0f', now_ms + ARGV[2])
local revision = not expired and redis.call('HGET', key, 'r') or nil
renew(ARGV[3], fences, revision, ARGV[4] == '1', math.max(ARGV[2], ARGV[5]))
return 1
"""
)

# ARGV: token, revision or '', random, 1 to keep the sessions, lifetime of the generation (ms),
# lifetime of a fence (ms), channel
LOWER_FENCE = (
    _PRELUDE
    + """
local fences, stood, expired = read_fences(ARGV[1])
local known = redis.call('HGET', key, 'r') or nil
local revision = nil
-- Without its own fence the hash is another one than before the change, and knows nothing of changes in between.
if stood and not expired then
  revision = known
  if ARGV[2] ~= '' and (not known or tonumber(ARGV[2]) > tonumber(known)) then revision = ARGV[2] end
end
local ttl_ms = tonumber(ARGV[5])
if #fences > 0 then ttl_ms = math.max(ttl_ms, tonumber(ARGV[6])) end
renew(ARGV[3], fences, revision, ARGV[4] == '1' and stood, ttl_ms)
if ARGV[2] ~= '' then redis.call('PUBLISH', ARGV[7], ARGV[2]) end
return 1
"""
)

# ARGV: the nonce that was seen or '', random, lifetime of the generation (ms), lifetime of a fence (ms).
# Returns the nonce of the generation and its fences.
OPEN_GENERATION = (
    _PRELUDE
    + """
local current = redis.call('HGET', key, 'n')
if current and current ~= ARGV[1] then return {current, redis.call('HGET', key, 'f')} end
local fences = read_fences('')
local ttl_ms = tonumber(ARGV[3])
if #fences > 0 then ttl_ms = math.max(ttl_ms, tonumber(ARGV[4])) end
return {renew(ARGV[2], fences, nil, false, ttl_ms), redis.call('HGET', key, 'f')}
"""
)

# ARGV: the nonce that was seen, revision, bytes that a user's answers may take, then fields and values.
# Returns 1, 0 when the generation has ended, or -1 when the answers would take too much.
FILL = """#!lua
local key = KEYS[1]
if redis.call('HGET', key, 'n') ~= ARGV[1] then return 0 end
local known = redis.call('HGET', key, 'r')
if not known or tonumber(known) < tonumber(ARGV[2]) then redis.call('HSET', key, 'r', ARGV[2]) end
local taken = 0
for index = 4, #ARGV, 2 do taken = taken + #ARGV[index] + #ARGV[index + 1] end
if tonumber(redis.call('HGET', key, 'z') or 0) + taken > tonumber(ARGV[3]) then return -1 end
redis.call('HINCRBY', key, 'z', taken)
for index = 4, #ARGV, 2 do redis.call('HSET', key, ARGV[index], ARGV[index + 1]) end
return 1
"""
