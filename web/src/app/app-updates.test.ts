import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AppUpdates } from "./app-updates";

const AN_HOUR_MS = 60 * 60 * 1_000;

/** Stands in for a worker; the test says when its state changes. */
class FakeWorker extends EventTarget {
  readonly posted: unknown[] = [];

  postMessage(message: unknown): void {
    this.posted.push(message);
  }
}

class FakeRegistration extends EventTarget {
  installing: FakeWorker | null = null;
  waiting: FakeWorker | null = null;
  readonly update = vi.fn(() => Promise.resolve());

  /** A newer worker is found, and ready some time later. */
  install(): FakeWorker {
    const worker = new FakeWorker();
    this.installing = worker;
    this.dispatchEvent(new Event("updatefound"));
    this.installing = null;
    this.waiting = worker;
    worker.dispatchEvent(new Event("statechange"));
    return worker;
  }
}

class FakeContainer extends EventTarget {
  controller: FakeWorker | null = new FakeWorker();
  readonly registration = new FakeRegistration();
  readonly register = vi.fn(() => Promise.resolve(this.registration));

  /** Another worker takes the page over. */
  exchange(): void {
    this.controller = new FakeWorker();
    this.registration.waiting = null;
    this.dispatchEvent(new Event("controllerchange"));
  }
}

async function follow(workers = new FakeContainer()) {
  const reload = vi.fn<() => void>();
  const updates = new AppUpdates(reload);
  const told = vi.fn<() => void>();
  updates.subscribe(told);
  await updates.follow(workers as unknown as ServiceWorkerContainer);
  return { updates, workers, registration: workers.registration, reload, told };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a newer version", () => {
  test("is offered when it is ready, and not before", async () => {
    const { updates, registration, told } = await follow();
    expect(updates.isReady()).toBe(false);
    registration.install();
    expect(updates.isReady()).toBe(true);
    expect(told).toHaveBeenCalled();
  });

  test("is offered when it was waiting already", async () => {
    const workers = new FakeContainer();
    workers.registration.waiting = new FakeWorker();
    expect((await follow(workers)).updates.isReady()).toBe(true);
  });

  test("is none when the page came without a worker", async () => {
    const workers = new FakeContainer();
    workers.controller = null;
    const { updates, registration } = await follow(workers);
    registration.install();
    expect(updates.isReady()).toBe(false);
  });

  test("waits until it is asked for, and is there after a reload", async () => {
    const { updates, workers, registration, reload } = await follow();
    const waiting = registration.install();
    expect(waiting.posted).toEqual([]);
    updates.apply();
    expect(waiting.posted).toEqual([{ type: "SKIP_WAITING" }]);
    expect(reload).not.toHaveBeenCalled();
    workers.exchange();
    expect(reload).toHaveBeenCalledOnce();
  });

  test("that another window went over to reloads nobody who did not ask", async () => {
    const { updates, workers, registration, reload } = await follow();
    registration.install();
    workers.exchange();
    expect(reload).not.toHaveBeenCalled();
    expect(updates.isReady()).toBe(true);
    updates.apply();
    expect(reload).toHaveBeenCalledOnce();
  });

  test("is not offered again after it was put off, but the next one is", async () => {
    const { updates, registration } = await follow();
    registration.install();
    updates.dismiss();
    expect(updates.isReady()).toBe(false);
    registration.install();
    expect(updates.isReady()).toBe(true);
  });
});

describe("looking for a newer version", () => {
  test("happens every hour", async () => {
    const { registration } = await follow();
    await vi.advanceTimersByTimeAsync(2 * AN_HOUR_MS);
    expect(registration.update).toHaveBeenCalledTimes(2);
  });

  test("happens when somebody comes back, though not at every turn", async () => {
    const { registration } = await follow();
    window.dispatchEvent(new Event("focus"));
    expect(registration.update).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(AN_HOUR_MS / 2);
    window.dispatchEvent(new Event("focus"));
    window.dispatchEvent(new Event("focus"));
    expect(registration.update).toHaveBeenCalledOnce();
  });

  test("disturbs nobody who has no network", async () => {
    const { updates, registration } = await follow();
    registration.update.mockRejectedValue(new TypeError("Failed to update"));
    await vi.advanceTimersByTimeAsync(AN_HOUR_MS);
    expect(updates.isReady()).toBe(false);
  });
});
