// Starts the service: connections, indexes, the HTTP server, and an orderly end on SIGTERM.

import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";

import { Redis } from "ioredis";
import mongoose from "mongoose";

import { createApp } from "./app.js";
import { Task } from "./task.js";

const { HOST = "127.0.0.1", PORT, MONGO_URL, MONGO_DATABASE, REDIS_URL } = process.env;
const { JWT_PUBLIC_KEY_FILE, JWT_ISSUER, JWT_AUDIENCE, REQUESTS_PER_MINUTE } = process.env;

// Behind a proxy a connection must outlive the proxy's own idle time, commonly 60 s.
const KEEP_ALIVE_MILLISECONDS = 65_000;

const redis = new Redis(REDIS_URL);
await mongoose.connect(MONGO_URL, { dbName: MONGO_DATABASE });
await Task.init();

const app = createApp({
  redis,
  tokens: {
    publicKey: createPublicKey(readFileSync(JWT_PUBLIC_KEY_FILE)),
    issuer: JWT_ISSUER,
    audience: JWT_AUDIENCE,
  },
  requestsPerMinute: Number(REQUESTS_PER_MINUTE),
});
const server = app.listen(Number(PORT), HOST);
server.keepAliveTimeout = KEEP_ALIVE_MILLISECONDS;

process.on("SIGTERM", () => {
  server.close(async () => {
    await Promise.all([mongoose.disconnect(), redis.quit()]);
    process.exit(0);
  });
  server.closeAllConnections();
});
