import { join } from "node:path";
import { build, type Plugin } from "vite";

const SOURCE = join(import.meta.dirname, "src/push-worker/push-worker.ts");

/** The file that the service worker imports. */
export const PUSH_WORKER = "push-worker.js";

/** Builds what the service worker does with pushes: a script by itself, because workers import no modules. */
export function pushWorker(): Plugin {
  return {
    name: "taskfleet-push-worker",
    apply: "build",
    async generateBundle() {
      const built = await build({
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        build: {
          write: false,
          target: "es2022",
          rolldownOptions: { input: SOURCE, output: { format: "iife", entryFileNames: PUSH_WORKER } },
        },
      });
      const [output] = [built].flat();
      if (output === undefined || !("output" in output)) {
        throw new Error("Nothing was built.");
      }
      this.emitFile({ type: "asset", fileName: PUSH_WORKER, source: output.output[0].code });
    },
  };
}
