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
        "/node_modules/(?:react|react-dom|scheduler|use-sync-external-store|clsx|idb|@tabler|@tanstack|@dnd-kit|" +
          `@mantine/hooks|@mantine/core/esm/(?:core|utils|components/(?:${FIRST_COMPONENTS})))/`,
      ),
    },
    {
      name: "app",
      test: /\/src\/(?:(?:api|device|words)\/|(?:app|features\/(?:tasks|lists|session))\/[a-z-]+\.ts$)/,
    },
  ],
};
