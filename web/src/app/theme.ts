import { createTheme } from "@mantine/core";

/** One accent, one family, a 4-px grid. */
export const theme = createTheme({
  primaryColor: "indigo",
  primaryShade: { light: 7, dark: 8 },
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  defaultRadius: "md",
  respectReducedMotion: true,
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
});
