import { defineConfig } from "orval";

// The client is written from the service's own description; `npm run client` after a change of it.
export default defineConfig({
  taskfleet: {
    input: { target: "../docs/openapi.json", filters: { mode: "exclude", tags: ["operations"] } },
    output: {
      mode: "split",
      target: "src/api/generated/taskfleet.ts",
      client: "fetch",
      httpClient: "fetch",
      clean: true,
      override: {
        mutator: { path: "src/api/http.ts", name: "send" },
        fetch: { includeHttpResponseReturnType: false },
        operations: { streamEvents: { mutator: undefined } },
      },
    },
  },
});
