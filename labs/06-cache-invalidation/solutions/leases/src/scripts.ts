/** KEYS: hash, writers. ARGV: field, a new lease. Answers the value. If there is none, the lease; while the tag is being written, neither. */
export const LOOK_UP = `
if redis.call('EXISTS', KEYS[2]) == 1 then return {false, false} end
local value = redis.call('HGET', KEYS[1], ARGV[1])
if value then return {value, false} end
redis.call('HSETNX', KEYS[1], 'lease', ARGV[2])
redis.call('PEXPIRE', KEYS[1], 60000, 'NX')
return {false, redis.call('HGET', KEYS[1], 'lease')}
`;

/** KEYS: hash, writers. ARGV: field, lease, value, milliseconds. */
export const FILL = `
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1
`;
