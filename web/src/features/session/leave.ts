import { announceSession } from "../../api/tabs";
import type { Device } from "../../device/device";
import { pushMark } from "../notifications/push-mark";
import { forgetTold } from "../notifications/telling";

/** Leave the app after the session has ended by the user's own will, in all tabs, with nothing left on the device. */
export async function leaveSession(
  device: Device,
  to: "/sign-in" | "/sign-in?erased=true" = "/sign-in",
): Promise<void> {
  // What was being typed.
  sessionStorage.clear();
  forgetTold();
  // Before anything that may take a while.
  announceSession();
  if (pushMark() !== undefined) {
    await import("../notifications/push").then(({ leavePush }) => leavePush()).catch(() => undefined);
  }
  await device.erase();
  // Another page, so that whoever signs in next finds nothing in memory.
  window.location.assign(to);
}
