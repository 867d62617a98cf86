import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missing } from "../harness/needs.ts";
import { DIST } from "../harness/paths.ts";

/** The same machine in a page: engine and kernel from the bundle, files from an archive. */
const CHROMIUM = "/usr/bin/chromium";
const absent = missing([CHROMIUM, "/bin/busybox", "tar"]);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const hello = here("../../examples/hello/hello");

/** A root with busybox under all of its names and the example. */
function makeRoot(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "blink-test-root-"));
  try {
    for (const name of ["bin", "tmp"]) mkdirSync(join(folder, name));
    copyFileSync("/bin/busybox", join(folder, "bin/busybox"));
    copyFileSync(hello, join(folder, "bin/hello"));
    const applets = execFileSync("/bin/busybox", ["--list"], { encoding: "utf8" }).trim().split("\n");
    for (const applet of applets) if (applet !== "busybox") symlinkSync("busybox", join(folder, "bin", applet));
    return execFileSync("tar", ["-c", "-C", folder, "bin", "tmp"], { maxBuffer: 1 << 26 });
  } finally {
    rmSync(folder, { recursive: true, maxRetries: 10 });
  }
}

const TYPES: Readonly<Record<string, string>> = { html: "text/html", mjs: "text/javascript" };

function serve(root: Buffer): Promise<Server> {
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    response.setHeader("Content-Type", TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream");
    if (path === "/page.html") response.end(readFileSync(here("page.html")));
    else if (path === "/root.tar") response.end(root);
    else if (/^\/dist\/[\w.]+$/.test(path)) response.end(readFileSync(join(DIST, path.slice("/dist/".length))));
    else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const OPTIONS =
  "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking " +
  "--disable-component-update --disable-sync";

interface Result {
  failed: number;
  status: { code: number; signal: number } | undefined;
  stdout: string;
  stderr: string;
  log: string[];
}

test("the browser's bundle imports nothing", () => {
  const bundle = readFileSync(join(DIST, "blink.browser.mjs"), "utf8");
  const imports = bundle.matchAll(/\bimport\s*(?:\(|[\w{},*$\s]+from)?\s*["']([^"']+)["']/g);
  expect([...imports].map((match) => match[1])).toEqual([]);
  expect(/["'`]node:\w+/.exec(bundle)).toBeNull();
});

describe.skipIf(absent !== undefined)(`in Chromium${absent ? ` (skipped: no ${absent})` : ""}`, () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  beforeAll(async () => {
    server = await serve(makeRoot());
    browser = await chromium.launch({ executablePath: CHROMIUM, args: OPTIONS.split(" ") });
    page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/page.html`);
    await page.waitForFunction("globalThis.ready === true", undefined, { timeout: 60_000 });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** In the page; see page.html. */
  function run(argv: string[], input = ""): Promise<Result> {
    return page.evaluate(`runProgram(${JSON.stringify(argv)}, ${JSON.stringify(input)})`);
  }

  test("a static program says hello", async () => {
    const result = await run(["/bin/hello"]);
    expect(result).toMatchObject({ failed: 0, status: { code: 0, signal: 0 }, stderr: "" });
    expect(result.stdout).toContain("Hello from a program made for x86-64 Linux.");
    expect(problems).toEqual([]);
  });

  test("busybox runs a script from an archive in memory", async () => {
    const result = await run(["/bin/sh", "-c", readFileSync(here("script.sh"), "utf8")], "a line of input\n");
    expect(result.stderr).toBe("");
    expect(result.stdout.split("\n")).toEqual([
      "in Linux on x86_64",
      "row 3",
      "row 2",
      "row 1",
      ".",
      "./b",
      "./b/file",
      "text",
      "background done",
      "500500",
      "read: a line of input",
      "trapped",
      "20",
      "proc is there",
      "30",
      "",
    ]);
    expect(result.status).toEqual({ code: 7, signal: 0 });
    expect(problems).toEqual([]);
  });

  test("a fault ends the program, not the page", async () => {
    const result = await run(["/bin/sh", "-c", "kill -SEGV $$"]);
    expect(result.status).toEqual({ code: 0, signal: 11 });
    expect(problems).toEqual([]);
  });
});
