/** Draws the icons of the installed app from `public/favicon.svg`: `npm run icons`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "@playwright/test";

const directory = join(import.meta.dirname, "public");
const drawing = readFileSync(join(directory, "favicon.svg"), "utf8");
// Systems that cut icons to a shape of their own want colour up to the edge; the mark is within their safe circle.
const full = drawing.replace(/ rx="\d+"/, "");

const ICONS = [
  { name: "icon-192.png", size: 192, svg: drawing },
  { name: "icon-512.png", size: 512, svg: drawing },
  { name: "icon-maskable-192.png", size: 192, svg: full },
  { name: "icon-maskable-512.png", size: 512, svg: full },
  { name: "apple-touch-icon.png", size: 180, svg: full },
];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage();
for (const { name, size, svg } of ICONS) {
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>body { margin: 0 } svg { display: block; width: 100vw; height: 100vh }</style>${svg}`,
  );
  await page.screenshot({ path: join(directory, name), omitBackground: true });
}
await browser.close();
