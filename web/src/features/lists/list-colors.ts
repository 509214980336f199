import { DEFAULT_THEME, type MantineColor, type MantineColorShade } from "@mantine/core";
import { en } from "../../words/en";

type ColorName = Exclude<keyof typeof en.keepList.colors, "none">;

/** Those of the library's shades that stand out from a light ground and from a dark one alike (WCAG 2.2, 1.4.11). */
const SHADES: Readonly<Record<ColorName, readonly [MantineColor, MantineColorShade]>> = {
  red: ["red", 7],
  orange: ["orange", 8],
  green: ["green", 8],
  teal: ["teal", 8],
  cyan: ["cyan", 8],
  blue: ["blue", 7],
  violet: ["violet", 5],
  purple: ["grape", 6],
  pink: ["pink", 7],
};

/** A colour to choose from. */
export interface ListColor {
  readonly name: string;
  /** As the service keeps it: `#rrggbb`. */
  readonly value: string;
}

/** The colours that a list can be given here. */
export const LIST_COLORS: readonly ListColor[] = (Object.keys(SHADES) as ColorName[]).map((name) => {
  const [color, shade] = SHADES[name];
  return { name: en.keepList.colors[name], value: DEFAULT_THEME.colors[color]?.[shade] ?? "" };
});
