import { en } from "../../words/en";

/** Browsers by what their user agents say; the first one counts, as most say the names of others, too. */
const BROWSERS = [
  [/\bEdg(?:e|A|iOS)?\//, "Edge"],
  [/\b(?:OPR|Opera)\//, "Opera"],
  [/\bVivaldi\//, "Vivaldi"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(?:Firefox|FxiOS)\//, "Firefox"],
  [/\b(?:Chrome|HeadlessChrome|CriOS)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
] as const;

const SYSTEMS = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMacintosh\b/, "Mac"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bLinux\b/, "Linux"],
] as const;

/** What can be told of a device by its user agent. */
export interface DeviceTraits {
  readonly browser: string | undefined;
  readonly system: string | undefined;
  readonly isHandheld: boolean;
}

/** Read a user agent. One that is no browser's names itself first (RFC 9110, 10.1.5). */
export function readUserAgent(userAgent: string): DeviceTraits {
  const known = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1];
  const product = /^[^\s/()]+/.exec(userAgent)?.[0];
  return {
    browser: known ?? (product === "Mozilla" ? undefined : product),
    system: SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1],
    isHandheld: /\b(?:iPhone|iPad|Android|Mobile)\b/.test(userAgent),
  };
}

/** Say what a device is. */
export function nameOfDevice({ browser, system }: DeviceTraits): string {
  const words = en.settings.devices;
  return browser !== undefined && system !== undefined
    ? words.on(browser, system)
    : (browser ?? system ?? words.unknown);
}
