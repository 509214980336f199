import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { expect, test } from "./person";

// The app as it is built for another origin of its assets, with a service that allows this origin.
const WEB = join(import.meta.dirname, "..");
const TYPES: Record<string, string> = { ".js": "text/javascript", ".css": "text/css" };

test.describe.configure({ mode: "serial" });
test.use({ serviceWorkers: "allow" });

let scratch: string;
let assets: Server;
let assetOrigin: string;
let service: ChildProcess;
let address: string;

/** A port that nobody has at the moment. */
async function freePort(): Promise<number> {
  const socket = createSocket();
  await new Promise<void>((resolve) => socket.listen(0, "127.0.0.1", resolve));
  const { port } = socket.address() as AddressInfo;
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** Serve the built assets, and nothing else, as a CDN does that lets pages of another origin have them. */
async function serveAssets(dist: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    if (!/^\/taskfleet\/assets\/[\w.-]+$/.test(path)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "Content-Type": TYPES[extname(path)] ?? "application/octet-stream",
      "Access-Control-Allow-Origin": "*",
    });
    response.end(readFileSync(join(dist, path.replace("/taskfleet/", ""))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

test.beforeAll(async () => {
  test.setTimeout(120_000);
  scratch = mkdtempSync(join(tmpdir(), "taskfleet-cdn-"));
  const dist = join(scratch, "dist");
  assets = await serveAssets(dist);
  assetOrigin = `http://127.0.0.1:${(assets.address() as AddressInfo).port}`;
  execFileSync("npx", ["vite", "build", "--outDir", dist, "--logLevel", "error"], {
    cwd: WEB,
    env: { ...process.env, VITE_ASSET_BASE: `${assetOrigin}/taskfleet/` },
  });
  const port = await freePort();
  address = `http://127.0.0.1:${port}`;
  const data = join(scratch, "data");
  service = spawn("../.venv/bin/taskfleet", ["local", "--port", String(port), "--data-dir", data], {
    cwd: WEB,
    env: { ...process.env, TASKFLEET_WEB_DIST: dist, TASKFLEET_WEB_ASSET_ORIGIN: assetOrigin },
    stdio: "ignore",
  });
  await expect
    .poll(async () => (await fetch(`${address}/readyz`).catch(() => undefined))?.status, { timeout: 60_000 })
    .toBe(200);
});

test.afterAll(async () => {
  assets.close();
  service.kill("SIGTERM");
  await new Promise((resolve) => service.once("exit", resolve));
  rmSync(scratch, { recursive: true });
});

test.describe("assets on another origin", () => {
  test("run the app, under a policy that allows them", async ({ page }) => {
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (/Content Security Policy|CORS/.test(message.text())) {
        complaints.push(message.text());
      }
    });
    const loaded: string[] = [];
    page.on("request", (request) => loaded.push(request.url()));
    await page.goto(address);
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByRole("heading", { name: "Today" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Today" })).toHaveCSS("font-weight", "700");

    const scripts = loaded.filter((url) => /\.(js|css)$/.test(url) && !url.endsWith("/sw.js"));
    expect(scripts.length).toBeGreaterThan(3);
    expect(scripts.filter((url) => !url.startsWith(`${assetOrigin}/taskfleet/assets/`))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test("are kept on the device by the worker of the page's own origin", async ({ page, context }) => {
    await page.goto(address);
    const script = await page.evaluate(async () => (await navigator.serviceWorker.ready).active?.scriptURL);
    expect(script).toBe(`${address}/sw.js`);
    const manifest = page.locator('link[rel="manifest"]');
    await expect(manifest).toHaveAttribute("href", "/manifest.webmanifest");
    await page.reload();
    await page.getByLabel("E-mail").waitFor();
    const kept = await page.evaluate(async () => {
      const requests = await Promise.all(
        (await caches.keys()).map(async (name) => (await caches.open(name)).keys()),
      );
      return requests.flat().map((request) => request.url);
    });
    expect(kept.filter((url) => url.startsWith(`${assetOrigin}/taskfleet/assets/`)).length).toBeGreaterThan(
      4,
    );
    await context.setOffline(true);
    await page.reload();
    await expect(page).toHaveTitle("Taskfleet");
    await expect(page.getByRole("heading")).toBeVisible();
  });
});
