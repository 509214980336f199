import type { Plugin } from "vite";

/** Those of Mantine's components that the first page shows; what floats above it comes when it is opened. */
const FIRST_COMPONENTS =
  "Accordion|ActionIcon|AppShell|Badge|Burger|Button|Center|Checkbox|CloseButton|Collapse|FloatingIndicator|Group|" +
  "Input|InputBase|Kbd|Loader|NavLink|Paper|SegmentedControl|Skeleton|Stack|Text|TextInput|Title|Transition|" +
  "UnstyledButton|VisuallyHidden";

/**
 * What every page needs, in two files: dozens of small ones compress worse, and take longer to ask for.
 *
 * The libraries change less often than the app, and are kept over its versions. What is named here without being on the
 * first page makes that slower, so dependencies do not come along by themselves.
 */
export const FEW_FILES = {
  includeDependenciesRecursively: false,
  groups: [
    {
      name: "libraries",
      test: new RegExp(
        "/node_modules/(?:react|react-dom|scheduler|use-sync-external-store|clsx|idb|tslib|@tabler|@tanstack|@dnd-kit|" +
          "react-remove-scroll|react-remove-scroll-bar|react-style-singleton|use-sidecar|use-callback-ref|get-nonce|" +
          `@mantine/hooks|@mantine/core/esm/(?:core|utils|components/(?:${FIRST_COMPONENTS}|ScrollArea/utils)))/`,
      ),
    },
    {
      name: "app",
      test: /\/src\/(?:(?:api|device)\/|words\/(?!notifications|not-found)|(?:app|features\/(?:dragging|lists|quick-add|recurrence|search|selection|session|tasks))\/[a-z-]+\.ts$|features\/notifications\/(?:app-badge|push-mark|telling)\.ts$|push-worker\/messages)/,
    },
  ],
};

/** Refuses to build files that import each other in a circle: which of them runs first is chance, and the app may not start. */
export function withoutCircles(): Plugin {
  return {
    name: "taskfleet-without-circles",
    apply: "build",
    generateBundle(_, bundle) {
      const importsOf = (name: string) => {
        const file = bundle[name];
        return file?.type === "chunk" ? file.imports : [];
      };
      const visit = (name: string, path: readonly string[]) => {
        if (path.includes(name)) {
          this.error(
            `Files that import each other: ${[...path.slice(path.indexOf(name)), name].join(" > ")}`,
          );
        }
        if (!done.has(name)) {
          for (const next of importsOf(name)) {
            visit(next, [...path, name]);
          }
          done.add(name);
        }
      };
      const done = new Set<string>();
      for (const name of Object.keys(bundle)) {
        visit(name, []);
      }
    },
  };
}
