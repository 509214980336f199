import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { defineConfig } from "vitest/config";
import { FEW_FILES, withoutCircles } from "./chunks.ts";
import { pushWorker } from "./push-worker.ts";
import { installable } from "./pwa.ts";

/** Where the assets are served from, with a slash at its end; empty: the service itself. */
const ASSET_BASE = process.env.VITE_ASSET_BASE?.replace(/\/*$/, "/") ?? "";

/** What is shorter fits into one packet anyway. */
const LEAST_COMPRESSED_BYTES = 1_400;

/** Lays a compressed form beside each text file, for servers that send what is there. */
function compressed(): Plugin {
  let directory = "";
  return {
    name: "taskfleet-compressed",
    apply: "build",
    configResolved(config) {
      directory = config.build.outDir;
    },
    closeBundle: {
      // The service worker is written last of all.
      order: "post",
      sequential: true,
      handler() {
        for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
          const path = join(entry.parentPath, entry.name);
          const content = /\.(js|css|html|svg|json|webmanifest)$/.test(path) ? readFileSync(path) : undefined;
          if (content !== undefined && content.length >= LEAST_COMPRESSED_BYTES) {
            writeFileSync(`${path}.br`, brotliCompressSync(content));
            writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
          }
        }
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), withoutCircles(), pushWorker(), VitePWA(installable(ASSET_BASE)), compressed()],
  // The assets alone: a service worker and a manifest have to come from the origin of the page.
  experimental:
    ASSET_BASE === ""
      ? {}
      : { renderBuiltUrl: (name, { type }) => (type === "asset" ? `${ASSET_BASE}${name}` : undefined) },
  build: {
    target: "es2022",
    // Nothing is put into the page itself, so that the policy for scripts can be strict.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: FEW_FILES } },
  },
  server: {
    // `npm run dev` beside `make run`.
    proxy: { "/api": "http://127.0.0.1:8000" },
  },
  test: {
    include: ["{src,speed}/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
  },
});
