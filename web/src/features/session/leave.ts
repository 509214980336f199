import { announceSession } from "../../api/tabs";

/** Leave the app after the session has ended by the user's own will, in all tabs, with nothing left of it in any. */
export function leaveSession(to: "/sign-in" | "/sign-in?erased=true" = "/sign-in"): void {
  // What was being typed.
  sessionStorage.clear();
  announceSession();
  // Another page, so that whoever signs in next finds nothing in memory.
  window.location.assign(to);
}
