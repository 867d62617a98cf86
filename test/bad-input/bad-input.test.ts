import { chmodSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { type Files, Workplace } from "../harness/folder.ts";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { type Outcome, runNatively, runUnderBlink } from "../harness/spawn.ts";
import { impostors, truncations } from "./elf.ts";

/** Whatever is given to it, blink answers as Linux does, and never crashes or hangs itself. */
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const hello = readFileSync(here("../../examples/hello/hello"));
const absent = missing(["gcc"]);
const place = new Workplace();
afterAll(() => place.remove());

function fill(files: Files): string[] {
  place.reset(files);
  const paths = Object.keys(files).map((name) => `./${name}`);
  for (const path of paths) chmodSync(join(place.path, path), 0o755);
  return paths;
}

/** No stack trace, and an end that the program or the kernel decided on. */
function isOrderly(outcome: Outcome): void {
  expect(outcome.timedOut).toBe(false);
  expect(outcome.stderr.toString()).not.toMatch(/^\s+at .*:\d+:\d+/m);
}

describe.skipIf(absent !== undefined)(`exec of bad files${absent ? ` (skipped: no ${absent})` : ""}`, () => {
  const tryExec = (): string => buildGuest(here("try-exec.c"), "gcc -O1 -static");

  async function alike(argv: string[]): Promise<void> {
    const options = { cwd: place.path, timeout: 150_000 };
    const native = await runNatively([tryExec(), ...argv], options);
    const blink = await runUnderBlink([tryExec(), ...argv], options);
    isOrderly(blink);
    expect(native.code).toBe(0);
    expect(blink.stdout.toString().split("\n")).toEqual(native.stdout.toString().split("\n"));
    expect(blink.code).toBe(0);
  }

  test("a program cut off at every multiple of 64 bytes", () => alike(fill(truncations(hello, 64))));

  test("files that are no programs", async () => {
    const paths = fill(impostors(hello, "/bin/true"));
    mkdirSync(join(place.path, "folder"));
    chmodSync(join(place.path, "text"), 0o644);
    await alike([...paths, "./folder", "./none", "./text/below", "/"]);
  });

  test("arguments of up to 3 MB", () => alike([]));
});

describe("the first program", () => {
  const files: Files = { text: "just text\n", empty: "", "arm.elf": hello.subarray(0, 18), plain: hello, folder: null };
  const cases: [name: string, code: number][] = [
    ["./none", 127],
    ["no-such-command", 127],
    ["./folder", 126],
    ["./plain", 126],
    ["./arm.elf", 126],
    ["./empty", 126],
  ];
  for (const [name, code] of cases) {
    test(`${name} is refused in one line`, async () => {
      place.reset(files);
      for (const path of ["text", "empty", "arm.elf"]) chmodSync(join(place.path, path), 0o755);
      chmodSync(join(place.path, "plain"), 0o644);
      const outcome = await runUnderBlink([name], { cwd: place.path });
      isOrderly(outcome);
      expect(outcome.stderr.toString()).toMatch(/^blink: [^\n]+\n$/);
      expect(outcome.code).toBe(code);
    });
  }

  test("options that are none, and no program at all", async () => {
    for (const argv of [["-q"], [], ["-L"]]) {
      const outcome = await runUnderBlink(argv, { cwd: place.path });
      isOrderly(outcome);
      expect(outcome.stderr.toString()).toMatch(/^blink: /);
      expect(outcome.code).toBe(48);
    }
  });

  test("headers with random bytes end in some orderly way", async () => {
    let seed = 12345;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % n;
    };
    const variants: Record<string, Buffer> = {};
    for (let i = 0; i < 150; i++) {
      const copy = Buffer.from(hello);
      for (let j = 0; j < 1 + (i % 4); j++) copy[4 + random(200)] = random(256);
      variants[`random-${i}`] = copy;
    }
    const paths = fill(variants);
    // A shell tries each: what it cannot execute it takes for a script.
    const script = 'for f in "$@"; do timeout 5 "$f" > out 2>&1; echo "$f $?"; done';
    const argv = ["/bin/busybox", "sh", "-c", script, "sh", ...paths];
    const outcome = await runUnderBlink(argv, { cwd: place.path, timeout: 170_000 });
    isOrderly(outcome);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout.toString().trim().split("\n").length).toBe(paths.length);
  });
});
