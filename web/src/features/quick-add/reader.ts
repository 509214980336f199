import { quickAddTask } from "../../api/generated/taskfleet";
import { ApiProblem } from "../../api/problem";
import { within } from "../../device/deadline";
import type { Reading } from "./reading";
import { spansOf } from "./spans";

/** What "tomorrow" means changes, and so do the lists. */
const VALID_MS = 60_000;
/** As many as one goes back and forth between. */
const KEPT_READINGS = 20;
/** After a failure nothing is asked while somebody types for so long. */
const QUIET_MS = 5_000;
/** Longer than the service takes, and not yet so long that one wonders what became of a line. */
const PATIENCE_MS = 1_500;

interface Known {
  /** Undefined where nothing was understood. */
  readonly reading: Reading | undefined;
  readonly at: number;
}

/** Asks the service what it reads in lines, each once. */
export class Reader {
  readonly #known = new Map<string, Known>();
  readonly #asked = new Map<string, Promise<Reading | undefined>>();
  #quietUntil = 0;

  /** Whether it is no use to ask while somebody types. */
  get isQuiet(): boolean {
    return !navigator.onLine || Date.now() < this.#quietUntil;
  }

  /** What is known of a line. */
  known(line: string): Known | undefined {
    const known = this.#known.get(line);
    return known !== undefined && Date.now() - known.at < VALID_MS ? known : undefined;
  }

  /** Ask what a line says; undefined where it is a title and nothing else. Rejects when nobody tells. */
  ask(line: string): Promise<Reading | undefined> {
    const known = this.known(line);
    if (known !== undefined) {
      return Promise.resolve(known.reading);
    }
    const asked = this.#asked.get(line) ?? this.#ask(line).finally(() => this.#asked.delete(line));
    this.#asked.set(line, asked);
    return asked;
  }

  /** The same for somebody who waits for it: undefined, too, where nobody tells soon. */
  async askSoon(line: string): Promise<Reading | undefined> {
    if (!navigator.onLine) {
      return this.known(line)?.reading;
    }
    try {
      return await within(PATIENCE_MS, this.ask(line));
    } catch {
      return undefined;
    }
  }

  async #ask(line: string): Promise<Reading | undefined> {
    let reading: Reading | undefined;
    try {
      const { task, understood } = await quickAddTask({ text: line, preview: true });
      const spans = spansOf(line, understood);
      reading = spans.length === 0 ? undefined : { line, task, spans };
    } catch (error) {
      // A line that leaves no title is one.
      if (!(error instanceof ApiProblem && error.status === 422)) {
        const seconds = error instanceof ApiProblem ? (error.retryAfterSeconds ?? 0) : 0;
        this.#quietUntil = Date.now() + Math.max(QUIET_MS, seconds * 1_000);
        throw error;
      }
    }
    this.#known.delete(line);
    this.#known.set(line, { reading, at: Date.now() });
    for (const oldest of [...this.#known.keys()].slice(0, -KEPT_READINGS)) {
      this.#known.delete(oldest);
    }
    return reading;
  }
}
