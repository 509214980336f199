import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

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
    closeBundle() {
      for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
        const path = join(entry.parentPath, entry.name);
        const content = /\.(js|css|html|svg|json|webmanifest)$/.test(path) ? readFileSync(path) : undefined;
        if (content !== undefined && content.length >= LEAST_COMPRESSED_BYTES) {
          writeFileSync(`${path}.br`, brotliCompressSync(content));
          writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
        }
      }
    },
  };
}

export default defineConfig({
  // Where the assets are served from; empty: the service itself.
  base: process.env.VITE_ASSET_BASE || "/",
  plugins: [react(), compressed()],
  build: {
    target: "es2022",
    // Nothing is put into the page itself, so that the policy for scripts can be strict.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` beside `make run`.
    proxy: { "/api": "http://127.0.0.1:8000" },
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    environment: "happy-dom",
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
  },
});
