"""The Lua scripts of the per-user cache: each is one atomic step of the protocol on one user's hash.

The hash (its key holds the user as hash tag, so that everything of a user lies in one slot) has these fields:

- `h`: the head of the present generation, three words: its nonce, `<born, in microseconds of the server's
  clock>.<random>`; the user's revision, `-` when it is not known for certain; the fences that stand,
  `<token>:<expiry in milliseconds>;…`, or nothing
- `z`: the bytes that the answers take
- `k`: until when (in milliseconds) what is known of sessions may be kept from one generation to the next
- `s:<session>`: what the account of a living session is
- `a2:<path>?<query>`: an answer

Every script drops the answers whenever it renews the nonce. A fence that has expired belonged to a process that
died or lost its connection: the revision that it wrote is not known here, hence the known one goes with it.
They may run when the server is out of memory, because they free more than they take; only `FILL` is refused then.
"""

_READ_HEAD = """
local key = KEYS[1]
-- The words of the head; all are nil when there is no generation.
local function read_head()
  local nonce, revision, fences = string.match(redis.call('HGET', key, 'h') or '', '^(%S+) (%S+) (%S*)$')
  return nonce, tonumber(revision), fences
end
"""

_RENEW = """
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)

-- The fences that still stand, without the given one; whether that one stood; whether another one has expired.
local function sort_fences(fences, own)
  local standing, stood, expired = {}, false, false
  for token, expiry in string.gmatch(fences or '', '([^:;]+):(%d+)') do
    if token == own then stood = tonumber(expiry) > now_ms
    elseif tonumber(expiry) > now_ms then standing[#standing + 1] = token .. ':' .. expiry
    else expired = true end
  end
  return standing, stood, expired
end

-- Begins a generation: no answers, another nonce, these fences and this revision; one lifetime for all of it. Kept
-- sessions lengthen none, or they would be believed for as long as there are changes. With fences the hash lives as
-- long as the last of them, so that what a dead writer left behind goes away by itself.
local function renew(random, fences, revision, keeps_sessions, ttl_ms)
  local kept_until = tonumber(redis.call('HGET', key, 'k') or 0)
  if keeps_sessions and kept_until > now_ms then
    -- `h` and `k` are written below.
    for _, field in ipairs(redis.call('HKEYS', key)) do
      if field ~= 'h' and field ~= 'k' and string.sub(field, 1, 2) ~= 's:' then redis.call('HDEL', key, field) end
    end
    ttl_ms = math.min(ttl_ms, kept_until - now_ms)
  else
    redis.call('DEL', key)
    kept_until = now_ms + ttl_ms
  end
  if #fences > 0 then ttl_ms = 0 end
  for _, fence in ipairs(fences) do
    ttl_ms = math.max(ttl_ms, tonumber(string.match(fence, '%d+$')) - now_ms)
  end
  local head = string.format('%.0f.%s %s %s', now_us, random, revision or '-', table.concat(fences, ';'))
  redis.call('HSET', key, 'h', head, 'k', string.format('%.0f', kept_until))
  redis.call('PEXPIRE', key, ttl_ms)
  return head
end
"""

_PRELUDE = "#!lua flags=allow-oom" + _READ_HEAD + _RENEW

# ARGV: random, lifetime of a generation (ms), lifetime of a fence (ms), token, 1 to keep the sessions
RAISE_FENCE = (
    _PRELUDE
    + """
local _, revision, standing = read_head()
local fences, _, expired = sort_fences(standing, ARGV[4])
fences[#fences + 1] = ARGV[4] .. ':' .. string.format('%.0f', now_ms + ARGV[3])
if expired then revision = nil end
renew(ARGV[1], fences, revision, ARGV[5] == '1', tonumber(ARGV[2]))
"""
)

# ARGV: random, lifetime of a generation (ms), lifetime of a fence (ms), token, 1 to keep the sessions,
# revision or '-', channel
LOWER_FENCE = (
    _PRELUDE
    + """
local _, known, standing = read_head()
local fences, stood, expired = sort_fences(standing, ARGV[4])
local written, revision = tonumber(ARGV[6]), nil
-- Without its own fence the hash is another one than before the change, and knows nothing of changes in between.
if stood and not expired then revision = math.max(known or -1, written or -1) end
if revision == -1 then revision = nil end
renew(ARGV[1], fences, revision, ARGV[5] == '1' and stood, tonumber(ARGV[2]))
if written then redis.call('PUBLISH', ARGV[7], ARGV[6]) end
"""
)

# ARGV: channel, revision. A script, because a command without a key has no place in a pipeline to a cluster.
PUBLISH = """#!lua flags=allow-oom
redis.call('PUBLISH', ARGV[1], ARGV[2])
"""

# ARGV: random, lifetime of a generation (ms), lifetime of a fence (ms), the nonce that was seen or ''.
# Returns the head of the generation.
OPEN_GENERATION = (
    _PRELUDE
    + """
local nonce, _, standing = read_head()
if nonce and nonce ~= ARGV[4] then return redis.call('HGET', key, 'h') end
return renew(ARGV[1], (sort_fences(standing, '')), nil, false, tonumber(ARGV[2]))
"""
)

# ARGV: the nonce that was seen, revision, bytes that a user's answers may take, then fields and values.
# Returns 1, 0 when the generation has ended, or -1 when the answers would take too much.
FILL = (
    "#!lua"
    + _READ_HEAD
    + """
local nonce, known, fences = read_head()
if nonce ~= ARGV[1] then return 0 end
if not known or known < tonumber(ARGV[2]) then
  redis.call('HSET', key, 'h', nonce .. ' ' .. ARGV[2] .. ' ' .. fences)
end
local taken = 0
for index = 4, #ARGV, 2 do taken = taken + #ARGV[index] + #ARGV[index + 1] end
if tonumber(redis.call('HGET', key, 'z') or 0) + taken > tonumber(ARGV[3]) then return -1 end
redis.call('HINCRBY', key, 'z', taken)
for index = 4, #ARGV, 2 do redis.call('HSET', key, ARGV[index], ARGV[index + 1]) end
return 1
"""
)
