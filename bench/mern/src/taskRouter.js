// The endpoints: list, read, create, change.

import { Router } from "express";

import { Task, represent } from "./task.js";

const EDITABLE = ["title", "notes", "status", "priority", "due", "reminders", "labels", "list_id", "parent_id"];
const STORED_NAMES = { list_id: "listId", parent_id: "parentId" };
const MAX_PAGE_SIZE = 200;
const DEFAULT_PAGE_SIZE = 50;

export function createTaskRouter(cache) {
  const router = Router();

  router.get("/", async (request, response) => {
    const { userId, originalUrl } = request;
    const cached = await cache.get(userId, originalUrl);
    if (cached !== null) {
      return response.type("json").send(cached);
    }
    const tasks = await Task.find({ userId, ...readFilter(request.query) })
      .sort({ position: 1 })
      .limit(readLimit(request.query.limit))
      .lean();
    const body = JSON.stringify({ items: tasks.map(represent) });
    await cache.set(userId, originalUrl, body);
    return response.type("json").send(body);
  });

  router.get("/:id", async (request, response) => {
    const task = await Task.findOne({ _id: request.params.id, userId: request.userId }).lean();
    return task ? response.json(represent(task)) : notFound(response);
  });

  router.post("/", async (request, response) => {
    const fields = readFields(request.body);
    const task = await Task.create({ ...fields, userId: request.userId, position: Date.now() });
    await cache.invalidate(request.userId);
    response.status(201).location(`${request.baseUrl}/${task._id}`).json(represent(task));
  });

  router.patch("/:id", async (request, response) => {
    const task = await Task.findOneAndUpdate(
      { _id: request.params.id, userId: request.userId },
      { $set: readFields(request.body) },
      { returnDocument: "after", runValidators: true },
    ).lean();
    if (!task) {
      return notFound(response);
    }
    await cache.invalidate(request.userId);
    return response.json(represent(task));
  });

  return router;
}

function readFilter({ due_after: dueAfter }) {
  return typeof dueAfter === "string" ? { dueAt: { $gte: new Date(dueAfter) } } : {};
}

function readLimit(text) {
  const limit = Number(text ?? DEFAULT_PAGE_SIZE);
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, MAX_PAGE_SIZE) : DEFAULT_PAGE_SIZE;
}

function readFields(body) {
  const fields = {};
  for (const name of EDITABLE) {
    if (body?.[name] !== undefined) {
      fields[STORED_NAMES[name] ?? name] = body[name];
    }
  }
  if (fields.due) {
    fields.dueAt = new Date(`${fields.due.date}T${fields.due.time ?? "23:59"}:00Z`);
  }
  return fields;
}

function notFound(response) {
  return response.status(404).json({ error: "Task not found" });
}
