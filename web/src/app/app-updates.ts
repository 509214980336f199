const CHECK_EVERY_MS = 60 * 60 * 1_000;
/** Whoever goes to and fro between windows asks no more often. */
const MIN_CHECK_GAP_MS = 60_000;

/**
 * Keeps the app on the device, and notices when a newer version of it is ready.
 *
 * The newer one waits until somebody asks for it: nothing changes under the hands of who is typing.
 */
export class AppUpdates {
  readonly #reload: () => void;
  readonly #listeners = new Set<() => void>();
  #registration: ServiceWorkerRegistration | undefined;
  #isReady = false;
  #isApplying = false;
  #checkedAt = 0;

  constructor(reload: () => void) {
    this.#reload = reload;
  }

  /** Register the worker and look for newer ones from now on. Rejects when the browser will have no worker. */
  async follow(workers: ServiceWorkerContainer): Promise<void> {
    workers.addEventListener("controllerchange", () => this.#noticeExchange());
    const registration = await workers.register("/sw.js", { updateViaCache: "none" });
    this.#registration = registration;
    this.#checkedAt = Date.now();
    // Without a controller this page came from the service, and is no older than what waits.
    const offer = () => {
      if (registration.waiting !== null && workers.controller !== null) {
        this.#setReady(true);
      }
    };
    offer();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", offer);
    });
    window.setInterval(() => this.#check(), CHECK_EVERY_MS);
    window.addEventListener("focus", () => this.#check());
  }

  /** Go over to the newer version. */
  apply(): void {
    const waiting = this.#registration?.waiting;
    if (waiting) {
      this.#isApplying = true;
      waiting.postMessage({ type: "SKIP_WAITING" });
    } else {
      this.#reload(); // another window has gone over already
    }
  }

  /** Say no more of this version; it comes with the next start of the app. */
  dismiss(): void {
    this.#setReady(false);
  }

  readonly isReady = (): boolean => this.#isReady;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #noticeExchange(): void {
    if (this.#isApplying) {
      this.#reload();
    } else {
      this.#setReady(true);
    }
  }

  #check(): void {
    if (Date.now() - this.#checkedAt >= MIN_CHECK_GAP_MS) {
      this.#checkedAt = Date.now();
      // Without a network there is nothing newer.
      this.#registration?.update().catch(() => undefined);
    }
  }

  #setReady(isReady: boolean): void {
    this.#isReady = isReady;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** Those of this window. */
export const appUpdates = new AppUpdates(() => window.location.reload());
