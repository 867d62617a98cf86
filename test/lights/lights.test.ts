/** The debugger as a user has it: keys and the mouse go in, a picture comes out. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect } from "vitest";
import { declare } from "../harness/declare.ts";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { DIST, ROOT } from "../harness/paths.ts";
import { Tmux } from "./tmux.ts";

const FILE = "lights";
const TOOLS = ["tmux", "bash", "pgrep"];
const SQUARES = fileURLToPath(new URL("squares.c", import.meta.url));
const squares = (): string => buildGuest(SQUARES, "gcc -g -O1 -static");

let folder: string;
let tmux: Tmux | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "blink-lights-"));
});
afterEach(async () => {
  await tmux?.kill();
  tmux = undefined;
  rmSync(folder, { recursive: true });
});

function lights(
  name: string,
  tools: readonly string[],
  run: (open: (cols: number, rows: number) => Tmux) => Promise<void>,
): void {
  declare(FILE, name, missing([...TOOLS, ...tools]), () =>
    run((cols, rows) => {
      tmux = new Tmux(cols, rows, folder);
      return tmux;
    }),
  );
}

lights("the greeting, and the terminal as it was afterwards", [], async (open) => {
  const t = open(80, 24);
  t.lights(join(ROOT, "examples/hello/hello"));
  await t.shows(/stopped {2}@0 /);
  t.type("s");
  await t.shows(/stopped {2}@1 /);
  t.type("sss");
  await t.shows(/stopped {2}@4 /);
  t.type("c");
  await t.shows("the program has ended: exit code 0");
  t.type("\r");
  expect(await t.shows(/iterations in \d+ ms/)).toContain("Terminal");
  t.type("q");
  await t.shows("status 0");
  expect(t.text()).not.toContain("Registers");
});

lights("breakpoints, next, finish, watchpoints", ["gcc"], async (open) => {
  const t = open(160, 50);
  t.lights(`-b sum ${squares()}`);
  await t.shows("stopped");
  t.type("c");
  await t.shows(/Breakpoint.*\n.*breakpoint at .* sum/);
  t.type("\r");
  const stopped = await t.rests(/─ sum ─/);
  expect(stopped).toMatch(/● +[0-9a-f]+ .*\n/);
  expect(stopped).toContain("squares.c:");
  expect(stopped).toMatch(/sum.*\n.*main\+0x/);
  t.type("B");
  t.type("b0xtotal\r");
  await t.shows("no address");
  // Escape with something right behind it would be Alt.
  t.type("\x07");
  t.type("bsquare\r");
  t.type("c");
  await t.shows("breakpoint at");
  t.type("\rB");
  await t.shows(/─ square ─/);
  t.type("f");
  await t.shows(/─ sum\+0x[0-9a-f]+ ─/);
  t.type("wtotal\r");
  t.type("c");
  await t.shows(/Watchpoint.*\n.*written: [0-9a-f]+ total/);
  t.type("\rW");
  t.type("c");
  await t.shows("exit code 14");
  t.type("q");
  await t.shows("status 14");
});

lights("a breakpoint in a library that is not loaded yet", ["gcc"], async (open) => {
  const t = open(160, 50);
  t.lights(`-b write ${buildGuest(SQUARES, "gcc -g -O1")}`);
  await t.shows("waits for write");
  t.type("bprintf\r");
  await t.shows("Enter waits");
  t.type("\r");
  await t.shows("waits for printf");
  t.type("c");
  await t.shows(/Breakpoint.*\n.*breakpoint at 7[0-9a-f]+ .*printf/);
  t.type("\rc");
  const text = await t.rests(/Breakpoint.*\n.*breakpoint at 7[0-9a-f]+ .*write/);
  expect(text).not.toContain("waits for");
  t.type("\rB");
  t.type("BbnoSuchThing\r");
  await t.shows("Enter waits");
  t.type("\r");
  await t.shows("waits for noSuchThing");
  t.type("B");
  await t.shows("none: b breaks");
  t.type("c");
  await t.shows("exit code 14");
  t.type("q");
  await t.shows("status 14");
});

lights("back over a call, out of a function, to the last stop and by steps", ["gcc"], async (open) => {
  const t = open(160, 50);
  t.lights(`-b square ${squares()}`);
  await t.shows("stopped");
  const at = (text: string): number => Number(/@([\d,]+)/.exec(text)?.[1].replaceAll(",", ""));
  t.type("c");
  const inside = at(await t.rests(/─ square ─[\s\S]*breakpoint at/));
  // The line of the source stands above its instructions.
  expect(t.text()).toMatch(/squares\.c:\d+ {2}\S/);
  t.type("\rB");
  t.type("f");
  const outside = at(await t.rests(/─ sum\+0x[0-9a-f]+ ─/));
  t.type("N");
  const call = at(await t.rests(new RegExp(`@${(inside - 1).toLocaleString("en-US")} of`)));
  expect(call).toBe(inside - 1);
  t.type("n");
  await t.shows(new RegExp(`@${outside.toLocaleString("en-US")} `));
  t.type("F");
  await t.shows(/─ main\+0x[0-9a-f]+ ─/);
  t.type("bsquare\r");
  t.type("\x1b[F");
  await t.shows(new RegExp(`@${outside.toLocaleString("en-US")} `));
  t.type("r");
  await t.shows(/─ square ─[\s\S]*breakpoint at/);
  t.type("\rS");
  await t.shows(/─ sum\+0x[0-9a-f]+ ─/);
  t.type("q");
  await t.shows("status 0");
});

lights("a recording, forward and back", ["gcc"], async (open) => {
  const path = join(folder, "recording");
  spawnSync(process.execPath, [join(DIST, "blink.js"), "--record", path, squares()], { cwd: folder });
  const t = open(120, 40);
  t.lights(`-b squares.c:12 --replay ${path}`);
  await t.shows(/stopped {2}@0 /);
  t.type("c");
  await t.shows(/breakpoint at [0-9a-f]+ sum/);
  t.type("\rB");
  t.type("c");
  const end = await t.rests("exit code 14");
  t.type("\rS");
  await t.shows(/stopped {2}@[\d,]+ of [\d,]+ /);
  t.type("\x1b[H");
  await t.shows(/stopped {2}@0 of/);
  t.type("c");
  await t.rests("exit code 14");
  const text = (picture: string): string => picture.slice(picture.indexOf("Terminal"));
  expect(text(t.text()).replace(/@[\d,]+/, "")).toBe(text(end).replace(/@[\d,]+/, ""));
  t.type("\r\tx");
  await t.shows("nothing can be typed");
  t.type("\x1dq");
  await t.shows("status 14");
  expect(spawnSync(process.execPath, [join(DIST, "blinkenlights.js"), "-t", "--replay", path]).status).toBe(14);
});

lights("a bug of ours is told when the terminal is as it was", [], async (open) => {
  const wrapper = join(folder, "buggy.cjs");
  const code = `require(${JSON.stringify(join(DIST, "blinkenlights.js"))}); process.on("SIGUSR2", () => { throw new Error("bug") });`;
  writeFileSync(wrapper, code);
  const t = open(80, 24);
  t.type(`${process.execPath} ${wrapper} ${join(ROOT, "examples/hello/hello")}; echo "status $?"\r`);
  await t.shows("Registers");
  process.kill(t.pid, "SIGUSR2");
  await t.shows("status 70");
  expect(t.text()).toContain("internal error: Error: bug");
  expect(t.text()).not.toContain("Registers");
});

lights("a restart keeps breakpoints", ["gcc"], async (open) => {
  const t = open(100, 30);
  t.lights(`-b square ${squares()}`);
  await t.shows(/stopped {2}@0 /);
  t.type("c");
  await t.shows("breakpoint at");
  t.type("R");
  await t.shows("started again");
  await t.shows(/stopped {2}@0 /);
  t.type("c");
  await t.shows("breakpoint at");
  t.type("\rq");
  await t.shows("status 0");
});

lights("the guest's terminal gets keys, pasted text, signals and sizes", ["bash"], async (open) => {
  const t = open(100, 40);
  t.lights("bash --norc --noediting");
  await t.shows("stopped");
  t.type("c");
  await t.shows(/Terminal.*\nready>/);
  t.type("\t");
  await t.shows("keys go here");
  t.type("trap 'echo caught' INT; stty size\r");
  await t.shows(/\n11 100/);
  t.type("\x03");
  await t.shows("caught");
  t.type("\x1b[200~echo pasted text\x1b[201~");
  await t.shows("echo pasted text");
  t.type("\r");
  await t.shows(/\npasted text/);
  t.resize(120, 40);
  // The last line is as long as the window: it has been drawn, and the guest's terminal has its size.
  await t.shows(/^.{105,} \? help$/m);
  t.type("stty size\r");
  await t.shows(/\n15 78/);
  t.type("\x1d");
  await t.shows("Tab to type here");
  t.type("\x03");
  await t.shows("interrupted");
  // Back before anything was typed.
  t.type("G1000\r");
  await t.shows(/stopped {2}@1,000 of /);
  expect(t.text()).not.toContain("caught");
  t.type("q");
  await t.shows("status 0");
});

lights("the mouse: a click sets a breakpoint, the wheel steps", ["gcc"], async (open) => {
  const t = open(160, 50);
  t.lights(`-b main ${squares()}`);
  await t.shows("stopped");
  t.type("c");
  await t.shows("breakpoint at");
  t.type("\r");
  const before = await t.rests(/─ main ─/);
  const row = before.split("\n").findIndex((l) => l.includes("call") && l.includes("; sum"));
  expect(row).toBeGreaterThan(0);
  t.type(`\x1b[<0;20;${row + 1}M\x1b[<0;20;${row + 1}m`);
  await t.shows(/●.*call/);
  const position = Number(/@([\d,]+)/.exec(t.text())?.[1].replaceAll(",", ""));
  t.type("\x1b[<65;20;5M\x1b[<65;20;5M");
  await t.shows(`@${(position + 2).toString().replace(/\B(?=(\d{3})+$)/g, ",")} `);
  t.type("q");
  await t.shows("status 0");
});

lights("a terminal that is too small says so, and any size is drawn", [], async (open) => {
  const t = open(80, 24);
  t.lights(join(ROOT, "examples/hello/hello"));
  await t.shows("Registers");
  t.resize(30, 8);
  await t.shows("too small");
  t.resize(200, 60);
  await t.shows("x87");
  t.resize(60, 20);
  await t.shows(/^─ hello/);
  t.type("q");
  await t.shows("status 0");
});

lights("stopped and continued, and ended by a signal, the terminal is given back", [], async (open) => {
  const t = open(80, 24);
  t.lights(join(ROOT, "examples/hello/hello"));
  await t.shows("Registers");
  t.type("\x1a");
  await t.shows(/Stopped/);
  expect(t.text()).not.toContain("Registers");
  t.type("fg\r");
  await t.shows("Registers");
  process.kill(t.pid, "SIGTERM");
  await t.shows(/Terminated|status 143/);
  t.type("stty -a | tr ';' '\\n'\r");
  expect(await t.shows(/ icanon/)).not.toContain("Registers");
});

lights("without colours and without UTF-8", [], async (open) => {
  const t = open(80, 24);
  t.type("export NO_COLOR=1 LC_ALL=C\r");
  t.lights(join(ROOT, "examples/hello/hello"));
  await t.shows("|- Registers ---");
  t.type("q");
  await t.shows("status 0");
});

function plain(...args: string[]) {
  return spawnSync(process.execPath, [join(DIST, "blinkenlights.js"), ...args], {
    encoding: "utf8",
    env: { PATH: process.env.PATH, TERM: "dumb", BLINK_LOG_FILENAME: "/dev/null" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

declare(FILE, "what can't be done is said on standard error", missing([]), async () => {
  expect(plain("true")).toMatchObject({ status: 48, stdout: "" });
  expect(plain("true").stderr).toContain("no terminal");
  expect(plain("-r", "true").stderr).toContain("real mode is not there");
  expect(plain("-h").stdout).toContain("Usage: blinkenlights");
  const echo = plain("-t", "echo", "hi");
  expect([echo.status, echo.stdout]).toEqual([0, "hi\n"]);
});
