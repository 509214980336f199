/** What is used of a service worker's surroundings; TypeScript knows either these or a page's. */
export interface WorkerScope {
  readonly location: { readonly origin: string };
  readonly navigator: { setAppBadge?(count: number): Promise<void> };
  readonly registration: {
    readonly pushManager: Pick<PushManager, "subscribe" | "getSubscription">;
    showNotification(title: string, options: NotificationOptions): Promise<void>;
  };
  readonly clients: {
    matchAll(options: { type: "window"; includeUncontrolled: true }): Promise<readonly WindowClient[]>;
    openWindow(url: string): Promise<unknown>;
  };
  addEventListener(type: "push", listener: (event: PushEventLike) => void): void;
  addEventListener(type: "notificationclick", listener: (event: ClickEventLike) => void): void;
  addEventListener(type: "pushsubscriptionchange", listener: (event: ChangeEventLike) => void): void;
}

/** A window of this app. */
export interface WindowClient {
  readonly url: string;
  readonly focused: boolean;
  readonly visibilityState: DocumentVisibilityState;
  focus(): Promise<unknown>;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

interface Extendable {
  waitUntil(work: Promise<unknown>): void;
}

export interface PushEventLike extends Extendable {
  readonly data: { text(): string } | null;
}

export interface ClickEventLike extends Extendable {
  readonly notification: { readonly data?: unknown; close(): void };
}

export interface ChangeEventLike extends Extendable {
  readonly oldSubscription?: PushSubscription | null;
}
