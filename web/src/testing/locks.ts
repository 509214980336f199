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
