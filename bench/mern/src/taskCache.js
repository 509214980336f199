// Cache-aside: one Redis hash per user, one field per query, the value being the body as it is sent.

const TTL_SECONDS = 30;

export function createTaskCache(redis) {
  const keyOf = (userId) => `tasks:${userId}`;

  return {
    get: (userId, query) => redis.hget(keyOf(userId), query),

    set: (userId, query, body) =>
      redis.pipeline().hset(keyOf(userId), query, body).expire(keyOf(userId), TTL_SECONDS).exec(),

    invalidate: (userId) => redis.del(keyOf(userId)),
  };
}
