import { vi } from "vitest";

/** A browser's push: the worker's registration, the subscription that it has, and the leave that was given. */
export class FakePush {
  permission: NotificationPermission = "granted";
  /** What somebody answers who is asked for leave. */
  decision: NotificationPermission | undefined;
  subscription: FakeSubscription | null = null;
  /** What the next subscription fails with. */
  failure: Error | undefined;
  readonly shown: { close: () => void }[] = [];
  #count = 0;

  /** Put it in the browser's place until globals are unstubbed. */
  install(): void {
    const registration = {
      pushManager: {
        getSubscription: async () => this.subscription,
        subscribe: async ({ applicationServerKey }: { applicationServerKey: string }) =>
          this.#subscribe(applicationServerKey),
      },
      getNotifications: async () => this.shown,
    };
    Object.defineProperty(navigator, "serviceWorker", {
      value: { ready: Promise.resolve(registration), getRegistration: async () => registration },
      configurable: true,
    });
    vi.stubGlobal("PushManager", class {});
    const requestPermission = async () => {
      this.permission = this.decision ?? this.permission;
      return this.permission;
    };
    const notification = { requestPermission };
    Object.defineProperty(notification, "permission", { get: () => this.permission });
    vi.stubGlobal("Notification", notification);
  }

  #subscribe(key: string): FakeSubscription {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) {
      throw failure;
    }
    if (this.subscription !== null && this.subscription.key !== key) {
      throw new DOMException("Another key.", "InvalidStateError");
    }
    this.#count += 1;
    this.subscription ??= new FakeSubscription(this, `https://push.test/${this.#count}`, key);
    return this.subscription;
  }
}

class FakeSubscription {
  readonly endpoint: string;
  readonly key: string;
  readonly options: { readonly applicationServerKey: ArrayBuffer };
  readonly #push: FakePush;

  constructor(push: FakePush, endpoint: string, key: string) {
    this.#push = push;
    this.endpoint = endpoint;
    this.key = key;
    const bytes = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
    this.options = { applicationServerKey: Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)).buffer };
  }

  toJSON() {
    return { endpoint: this.endpoint, keys: { p256dh: "point", auth: "secret" } };
  }

  async unsubscribe(): Promise<boolean> {
    this.#push.subscription = null;
    return true;
  }
}
