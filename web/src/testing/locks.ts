/** Stands in for `navigator.locks`, which the test environment lacks: one holder at a time for each name. */
export class ExclusiveLocks {
  readonly #tails = new Map<string, Promise<unknown>>();

  request<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const turn = (this.#tails.get(name) ?? Promise.resolve()).then(work);
    this.#tails.set(
      name,
      turn.catch(() => undefined),
    );
    return turn;
  }
}

/** The same for locks that windows hold as long as they live, and that others ask for. */
export class HeldLocks {
  readonly #held = new Set<string>();

  async request(name: string, work: () => Promise<void>): Promise<void> {
    this.#held.add(name);
    try {
      await work();
    } finally {
      this.#held.delete(name);
    }
  }

  async query() {
    return { held: [...this.#held].map((name) => ({ name })), pending: [] };
  }

  /** A window goes away with its locks. */
  close(owner: string): void {
    this.#held.delete(`taskfleet.window.${owner}`);
  }
}
