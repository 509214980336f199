const CHANNEL = "taskfleet.session";

/** Tell the other tabs that somebody has signed in or out here: their cookies are of another session now. */
export function announceSession(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage("changed");
  channel.close();
}

/** Hear of it when somebody has signed in or out in another tab. */
export function onSessionElsewhere(listener: () => void): void {
  new BroadcastChannel(CHANNEL).addEventListener("message", listener);
}
