import type { VitePWAOptions } from "vite-plugin-pwa";
import { PUSH_WORKER } from "./push-worker.ts";
import { API_PATHS } from "./src/app/api-roots.ts";

/** Vite's names, which tell the content. */
const HASHED = /assets\/[^/]+-[\w-]{8}\.\w+$/;
/** Mantine's `indigo` of shade 7, as in the icon, and the white behind a page. */
const ACCENT = "#3b5bdb";
const PAGE = "#ffffff";

/** How the app is installed and kept on the device; `assetBase` is where its assets are, empty for the service itself. */
export function installable(assetBase: string): Partial<VitePWAOptions> {
  return {
    // The page offers a new version when it is there; `src/app/service-worker.ts` registers the worker.
    registerType: "prompt",
    injectRegister: false,
    includeManifestIcons: false,
    manifest: {
      id: "/",
      name: "Taskfleet",
      short_name: "Taskfleet",
      description: "Your tasks, everywhere at once.",
      lang: "en",
      start_url: "/",
      scope: "/",
      display: "standalone",
      theme_color: ACCENT,
      background_color: PAGE,
      icons: [
        { src: "/favicon.svg", sizes: "any", type: "image/svg+xml" },
        ...[192, 512].flatMap((size) => [
          { src: `/icon-${size}.png`, sizes: `${size}x${size}`, type: "image/png" },
          {
            src: `/icon-maskable-${size}.png`,
            sizes: `${size}x${size}`,
            type: "image/png",
            purpose: "maskable" as const,
          },
        ]),
      ],
    },
    workbox: {
      inlineWorkboxRuntime: true,
      importScripts: [PUSH_WORKER],
      cleanupOutdatedCaches: true,
      globPatterns: ["index.html", "favicon.svg", "assets/*.{js,css,svg,woff2}"],
      // Its charts are as large as half of the rest, few people look at them, and without a network there is nothing in them.
      globIgnores: ["assets/StatisticsPage-*.js"],
      dontCacheBustURLsMatching: HASHED,
      modifyURLPrefix: { "assets/": `${assetBase}assets/` },
      navigateFallback: "index.html",
      // Signing in leads through the API. Links of mails may be newer than the app that is kept, and need a network anyway.
      navigateFallbackDenylist: [...API_PATHS, /^\/unsubscribe(?:\?|$)/],
    },
  };
}
