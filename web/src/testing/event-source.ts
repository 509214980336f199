/** Stands in for `EventSource`: the test says when a stream opens, tells a revision, or breaks. */
export class FakeEventSource extends EventTarget {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSED = 2;
  /** All that were opened since the last `forgetAll`, the newest last. */
  static readonly opened: FakeEventSource[] = [];

  readonly url: string;
  readyState: number = FakeEventSource.CONNECTING;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  static forgetAll(): void {
    FakeEventSource.opened.length = 0;
  }

  /** The streams that nobody has closed. */
  static get unclosed(): FakeEventSource[] {
    return FakeEventSource.opened.filter(({ readyState }) => readyState !== FakeEventSource.CLOSED);
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }

  /** The service has accepted the stream. */
  begin(): void {
    this.readyState = FakeEventSource.OPEN;
    this.dispatchEvent(new Event("open"));
  }

  /** The service tells a revision. */
  tell(revision: number): void {
    this.dispatchEvent(
      new MessageEvent("revision", { data: JSON.stringify({ revision }), lastEventId: String(revision) }),
    );
  }

  /** The connection is lost; the browser connects again by itself. */
  interrupt(): void {
    this.readyState = FakeEventSource.CONNECTING;
    this.dispatchEvent(new Event("error"));
  }

  /** The service refuses the stream, with 401 or 503, and the browser gives up. */
  refuse(): void {
    this.readyState = FakeEventSource.CLOSED;
    this.dispatchEvent(new Event("error"));
  }
}
