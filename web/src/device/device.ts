import type { QueryClient } from "@tanstack/react-query";
import { newIdempotencyKey } from "../api/http";
import { Outbox } from "../features/tasks/outbox";
import { changeList } from "../features/tasks/task-queries";
import { changeStoreIn, claimWindow } from "./change-store";
import { type DeviceDatabase, eraseUser, lastUser, noteUser, openDatabase } from "./database";
import { QueryKeeper, restoreQueries } from "./kept-queries";

/**
 * What this device keeps of the user who is signed in: what was last seen, and the changes that wait.
 *
 * Every user has a database of their own, so that nobody sees another's tasks, and no change is sent in another's name.
 */
export class Device {
  readonly #client: QueryClient;
  readonly #timezone: () => string;
  #userId: string | undefined;
  #database: Promise<DeviceDatabase | undefined> | undefined;
  #outbox: Promise<Outbox> | undefined;
  #stop: (() => void) | undefined;

  /** `timezone` tells the user's. */
  constructor(client: QueryClient, timezone: () => string) {
    this.#client = client;
    this.#timezone = timezone;
  }

  /** Put back what the user has last seen who was signed in here. */
  async restore(): Promise<void> {
    const userId = lastUser();
    if (userId !== undefined) {
      await this.#open(userId);
    }
  }

  /** Begin to keep what this user sees and changes. */
  begin(userId: string): Promise<Outbox> {
    if (this.#userId !== undefined && this.#userId !== userId) {
      // What is shown is another user's; a page that begins anew has nothing of it.
      noteUser(userId);
      window.location.reload();
      return new Promise(() => {});
    }
    this.#outbox ??= this.#begin(userId);
    return this.#outbox;
  }

  /** Leave nothing of the user on the device. */
  async erase(): Promise<void> {
    this.#stop?.();
    (await this.#database)?.close();
    if (this.#userId !== undefined) {
      await eraseUser(this.#userId);
    }
  }

  async #begin(userId: string): Promise<Outbox> {
    const database = await this.#open(userId);
    noteUser(userId);
    const owner = newIdempotencyKey();
    await claimWindow(owner);
    const outbox = new Outbox(this.#client, changeStoreIn(database), owner, this.#timezone);
    await outbox.adopt();
    const resume = () => {
      if (document.visibilityState === "visible") {
        void outbox.adopt();
      }
    };
    window.addEventListener("online", resume);
    document.addEventListener("visibilitychange", resume);
    const stop =
      database &&
      new QueryKeeper(this.#client, database, (key, data) =>
        changeList(key, data, outbox.getConfirmed()),
      ).start();
    this.#stop = () => {
      stop?.();
      window.removeEventListener("online", resume);
      document.removeEventListener("visibilitychange", resume);
    };
    return outbox;
  }

  #open(userId: string): Promise<DeviceDatabase | undefined> {
    this.#userId = userId;
    this.#database ??= openDatabase(userId).then(async (database) => {
      if (database !== undefined) {
        await restoreQueries(this.#client, database);
      }
      return database;
    });
    return this.#database;
  }
}
