const CHANNEL = "taskfleet.session";
/** One for speaking and listening: a tab does not hear itself. */
let channel: BroadcastChannel | undefined;

/** Tell the other tabs that somebody has signed in or out here: their cookies are of another session now. */
export function announceSession(): void {
  open().postMessage("changed");
}

/** Hear of it when somebody has signed in or out in another tab. */
export function onSessionElsewhere(listener: () => void): void {
  open().addEventListener("message", listener);
}

function open(): BroadcastChannel {
  channel ??= new BroadcastChannel(CHANNEL);
  return channel;
}
