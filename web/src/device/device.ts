import type { QueryClient } from "@tanstack/react-query";
import { newIdempotencyKey } from "../api/http";
import { Outbox } from "../features/tasks/outbox";
import { changeList } from "../features/tasks/task-queries";
import { changeStoreIn, claimWindow } from "./change-store";
import {
  claimTab,
  type DeviceDatabase,
  eraseUser,
  lastUser,
  noteUser,
  onUserElsewhere,
  openDatabase,
} from "./database";
import { QueryKeeper, restoreQueries } from "./kept-queries";

/**
 * What this device keeps of the user who is signed in: what was last seen, and the changes that wait.
 *
 * Every user has a database of their own, so that nobody sees another's tasks, and no change is sent in another's name.
 */
export class Device {
  readonly #client: QueryClient;
  readonly #timezone: () => string;
  readonly #reload: () => void;
  #userId: string | undefined;
  #database: Promise<DeviceDatabase | undefined> | undefined;
  #outbox: Promise<Outbox> | undefined;
  #stop: () => void = () => {};

  /** `timezone` tells the user's; `reload` begins the page anew, with nothing in memory. */
  constructor(client: QueryClient, timezone: () => string, reload = () => window.location.reload()) {
    this.#client = client;
    this.#timezone = timezone;
    this.#reload = reload;
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
      noteUser(userId);
      return this.#giveWay();
    }
    if (claimTab(userId) === "another's") {
      sessionStorage.clear(); // what somebody else was typing here
      return this.#giveWay();
    }
    this.#outbox ??= this.#begin(userId);
    return this.#outbox;
  }

  /** How many changes of this user, made in whatever window, would be lost with the device's memory of them. */
  async countUnsaved(): Promise<number> {
    const [database, outbox] = [await this.#database, await this.#outbox];
    const { pending = 0, refused = [] } = outbox?.getState() ?? {};
    try {
      const records = (await database?.getAll("changes")) ?? [];
      const kept = records.map((record) => (record.state === "queued" ? record.changes.length : 1));
      return Math.max(
        pending + refused.length,
        kept.reduce((sum, count) => sum + count, 0),
      );
    } catch {
      return pending + refused.length;
    }
  }

  /** Leave nothing of the user on the device. */
  async erase(): Promise<void> {
    this.#stop();
    (await this.#database)?.close();
    if (this.#userId !== undefined) {
      await eraseUser(this.#userId);
    }
  }

  async #begin(userId: string): Promise<Outbox> {
    const isNoted = noteUser(userId); // at once, or it would be noted over who comes meanwhile
    const database = await this.#open(userId);
    const owner = newIdempotencyKey();
    await claimWindow(owner);
    const outbox = new Outbox(this.#client, changeStoreIn(database), {
      owner,
      isPresent: () => !isNoted || lastUser() === userId,
      timezone: this.#timezone,
    });
    await outbox.adopt();
    const present = lastUser();
    if (isNoted && present !== undefined && present !== userId) {
      return this.#giveWay(); // somebody else has come meanwhile
    }
    const resume = () => {
      if (document.visibilityState === "visible") {
        void outbox.adopt();
      }
    };
    window.addEventListener("online", resume);
    document.addEventListener("visibilitychange", resume);
    const stopKeeping =
      database &&
      new QueryKeeper(this.#client, database, (key, data) =>
        changeList(key, data, outbox.getConfirmed()),
      ).start();
    const stopHearing = onUserElsewhere((present) => {
      if (present === userId) {
        outbox.resume();
      } else {
        void this.#giveWay();
      }
    });
    this.#stop = () => {
      stopKeeping?.();
      stopHearing();
      window.removeEventListener("online", resume);
      document.removeEventListener("visibilitychange", resume);
    };
    return outbox;
  }

  /** Begin anew: what is shown here is another user's than the one who is signed in by now. */
  #giveWay(): Promise<never> {
    this.#stop();
    this.#reload();
    return new Promise(() => {});
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
