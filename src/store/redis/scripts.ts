/** Takes the arguments one after the other. */
const TAKE = `
local at = 1
local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end
`

/**
 * The one script that changes something: all of its operations, or none where a guard does not hold.
 * KEYS: every key that is named below, once; the first counts places in the order of creation. ARGV: the number of guards; of each its kind,
 * key (index into KEYS) and expected value, empty for absent; then, of each operation, the number of arguments, the command, the key and the
 * arguments. Three commands are ours: `ZADDNEXT` adds at the next place, the same for the whole script; `DELIF` deletes a key that holds this
 * value; `PEXPIREMAX` only ever makes a life longer.
 * Redis refuses the first write where memory is over its bound, never a later one of the same script: nothing is done by halves.
 */
export const COMMIT = `${TAKE}for _ = 1, tonumber(take()) do
  local kind = take()
  local key = KEYS[tonumber(take())]
  local found
  if kind == 'rev' then found = redis.call('HGET', key, 'rev') else found = redis.call('GET', key) end
  if (found or '') ~= take() then return 0 end
end
local place
local function perform(command, key, given)
  if command == 'ZADDNEXT' then
    place = place or redis.call('INCR', KEYS[1])
    redis.call('ZADD', key, place, given[1])
  elseif command == 'DELIF' then
    if redis.call('GET', key) == given[1] then redis.call('DEL', key) end
  elseif command == 'PEXPIREMAX' then
    if redis.call('PTTL', key) < tonumber(given[1]) then redis.call('PEXPIRE', key, given[1]) end
  else
    redis.call(command, key, unpack(given))
  end
end
while at <= #ARGV do
  local count = tonumber(take())
  local command = take()
  local key = KEYS[tonumber(take())]
  local given = {}
  for i = 1, count do given[i] = take() end
  perform(command, key, given)
end
return 1
`

/** Reads several hashes at one moment. KEYS: the hashes. */
export const READ = `
local all = {}
for i = 1, #KEYS do all[i] = redis.call('HGETALL', KEYS[i]) end
return all
`

/**
 * Adds audit records that are not there yet. KEYS: the records, the last numbers by chain, then the indices.
 * ARGV: of each record the chain, the number, the field, the document, the number of indices, the indices (into KEYS).
 */
export const APPEND = `${TAKE}while at <= #ARGV do
  local chain, seq, field, document = take(), take(), take(), take()
  local new = redis.call('HSETNX', KEYS[1], chain .. ':' .. seq, field) == 1
  if new then redis.call('HSET', KEYS[2], field, document) end
  for _ = 1, tonumber(take()) do
    local index = KEYS[tonumber(take())]
    if new then redis.call('ZADD', index, 0, field) end
  end
  if tonumber(redis.call('HGET', KEYS[3], chain) or '0') < tonumber(seq) then redis.call('HSET', KEYS[3], chain, seq) end
end
return 1
`

/**
 * Puts audit records that are there into sets that they may not be in yet; one that was forgotten meanwhile comes into none.
 * KEYS: the records, then the sets. ARGV: of each record the field, the number of sets, the sets (into KEYS).
 */
export const FILL = `${TAKE}while at <= #ARGV do
  local field = take()
  local there = redis.call('HEXISTS', KEYS[1], field) == 1
  for _ = 1, tonumber(take()) do
    local set = KEYS[tonumber(take())]
    if there then redis.call('ZADD', set, 0, field) end
  end
end
return 1
`
