// The task: a Mongoose schema with the fields and bounds that Taskfleet has, and the indexes of its two lists.

import mongoose from "mongoose";

const { Schema } = mongoose;

const dueSchema = new Schema(
  {
    date: { type: String, required: true, match: /^\d{4}-\d{2}-\d{2}$/ },
    time: { type: String, default: null, match: /^([01]\d|2[0-3]):[0-5]\d$/ },
    timezone: { type: String, default: null, maxlength: 64 },
  },
  { _id: false },
);

const taskSchema = new Schema(
  {
    userId: { type: String, required: true },
    title: { type: String, required: true, trim: true, minlength: 1, maxlength: 500 },
    notes: { type: String, default: "", maxlength: 20_000 },
    status: { type: String, enum: ["todo", "in_progress", "done"], default: "todo" },
    priority: { type: Number, min: 0, max: 4, default: 0 },
    due: { type: dueSchema, default: null },
    dueAt: { type: Date, default: null },
    reminders: { type: [{ _id: false, minutesBefore: { type: Number, min: 0, max: 40_320 } }] },
    labels: { type: [{ type: String, maxlength: 50 }] },
    listId: { type: String, default: null },
    parentId: { type: String, default: null },
    position: { type: Number, required: true },
    completedAt: { type: Date, default: null },
  },
  { timestamps: true },
);

taskSchema.index({ userId: 1, position: 1 });
taskSchema.index({ userId: 1, dueAt: 1 });

export const Task = mongoose.model("Task", taskSchema);

/** The task as clients see it; takes a document or a lean object. */
export function represent(task) {
  return {
    id: task._id,
    title: task.title,
    notes: task.notes,
    status: task.status,
    priority: task.priority,
    due: task.due,
    recurrence: null,
    reminders: task.reminders,
    labels: task.labels,
    list_id: task.listId,
    parent_id: task.parentId,
    due_at: task.dueAt,
    position: task.position,
    completed_at: task.completedAt,
    created_at: task.createdAt,
    updated_at: task.updatedAt,
  };
}
