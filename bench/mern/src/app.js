// The Express application, put together from its parts.

import express from "express";
import { rateLimit } from "express-rate-limit";
import { RedisStore } from "rate-limit-redis";

import { createAuthenticator } from "./authenticate.js";
import { createTaskCache } from "./taskCache.js";
import { createTaskRouter } from "./taskRouter.js";

export function createApp({ redis, tokens, requestsPerMinute }) {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: "1mb" }));

  app.get("/healthz", (_request, response) => {
    response.json({ status: "ok" });
  });

  app.use("/api/v1", createAuthenticator(tokens), createLimiter(redis, requestsPerMinute));
  app.use("/api/v1/tasks", createTaskRouter(createTaskCache(redis)));

  app.use((_request, response) => {
    response.status(404).json({ error: "Not found" });
  });
  app.use(answerError);
  return app;
}

function createLimiter(redis, requestsPerMinute) {
  return rateLimit({
    windowMs: 60_000,
    limit: requestsPerMinute,
    standardHeaders: "draft-8",
    legacyHeaders: false,
    keyGenerator: (request) => request.userId,
    store: new RedisStore({ sendCommand: (command, ...parts) => redis.call(command, ...parts) }),
  });
}

function answerError(error, _request, response, _next) {
  if (error.name === "ValidationError") {
    return response.status(422).json({ error: error.message });
  }
  if (error.name === "CastError") {
    return response.status(404).json({ error: "Not found" });
  }
  const status = error.status ?? 500;
  if (status >= 500) {
    console.error(error);
  }
  return response.status(status).json({ error: status >= 500 ? "Internal error" : error.message });
}
