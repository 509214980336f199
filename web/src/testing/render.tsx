import { MantineProvider } from "@mantine/core";
import { type RenderResult, render } from "@testing-library/react";
import type { ReactNode } from "react";

/** Render something with the look that surrounds it in the app, without its motion. */
export function renderInApp(content: ReactNode): RenderResult {
  return render(content, { wrapper: AppLook });
}

/** The look that surrounds everything in the app. */
export function AppLook({ children }: { readonly children: ReactNode }) {
  return (
    <MantineProvider env="test" withGlobalClasses={false} withCssVariables={false}>
      {children}
    </MantineProvider>
  );
}
