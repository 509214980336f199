/** What marks a priority, from low to urgent. */
export const PRIORITY_COLORS: Readonly<Record<number, string>> = {
  1: "var(--mantine-color-gray-6)",
  2: "var(--mantine-color-blue-6)",
  3: "var(--mantine-color-orange-6)",
  4: "var(--mantine-color-red-6)",
};
