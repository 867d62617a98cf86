/** `blink --record` and `--replay`: a run is had again from its file, whatever the JIT does. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { BLINK, BLINK_FLAGS } from "../harness/paths.ts";
import { BASE_ENV, type Outcome, runNatively, runUnderBlink } from "../harness/spawn.ts";
import { record, replay } from "./replays.ts";

const folder = mkdtempSync(join(tmpdir(), "blink-record-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const lacking = missing(["gcc", "bash"]);
const run = lacking ? test.skip : test;
const busy = (): string => buildGuest(fileURLToPath(new URL("busy.c", import.meta.url)), "gcc -O1 -pthread");

const blink = (args: string[], stdin = ""): Promise<Outcome> => runUnderBlink(args, { cwd: folder, stdin });
const text = (o: Outcome): string => `${o.stdout}|${o.stderr}|${o.code ?? o.signal}`;

/** Records once, replays in every mode. */
async function again(file: string, argv: string[], stdin: string): Promise<Outcome> {
  const path = join(folder, file);
  const first = await blink(["--record", path, ...argv], stdin);
  for (const mode of [[], ["-j"], ["--eager"], []]) {
    const o = await blink([...mode, "--replay", path]);
    expect(text(o), mode.join()).toBe(text(first));
  }
  return first;
}

run("threads, signals, children, clock, random numbers and input", async () => {
  const o = await again("busy", [busy()], "some line\n");
  expect(o.code).toBe(3);
  expect(o.stdout.toString()).toContain("[some line]");
});

run("input from the network at its own times, among threads and signals: every replay ends the same", async () => {
  const path = join(folder, "mixed");
  const printed = await record(path, folder);
  const first = await replay(path);
  expect(first.printed).toBe(printed);
  for (let i = 0; i < 4; i++) expect(await replay(path)).toEqual(first);
});

run("random slices", async () => {
  await again("stress", ["--stress", "5", busy()], "x\n");
});

run("a server that talked to a client outside", async () => {
  const program = buildGuest(fileURLToPath(new URL("../network/echo.c", import.meta.url)), "gcc -O1");
  const path = join(folder, "server");
  const server = spawn(
    process.execPath,
    [BLINK, ...BLINK_FLAGS, "--net", "host", "--record", path, program, "server"],
    {
      env: BASE_ENV,
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let printed = "";
  const ports = new Promise<string>((resolve) => {
    server.stdout.on("data", (piece: Buffer) => {
      printed += piece;
      if (printed.includes("\n")) resolve(printed);
    });
  });
  const closed = new Promise((resolve) => server.on("close", resolve));
  try {
    const client = await runNatively([program, "client", ...(await ports).trim().split(" ")], { cwd: folder });
    expect(client.code).toBe(0);
    expect(await closed).toBe(0);
  } finally {
    server.kill("SIGKILL");
  }
  for (const mode of [[], ["-j"]]) expect(text(await blink([...mode, "--replay", path]))).toBe(`${printed}||0`);
});

run("a shell, with files that are gone by then, and an end by a signal", async () => {
  const script = "echo $RANDOM >f; cat f; rm f; read x; echo $x; ls -l /proc/self/fd | wc -l; date +%N; kill -TERM $$";
  const o = await again("shell", ["/bin/bash", "-c", script], "in\n");
  expect(o.signal).toBe("SIGTERM");
});

run("a recording whose process was killed goes nearly as far as that came", async () => {
  const path = join(folder, "killed");
  const script = "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo line $i; sleep 0.1; done";
  const child = spawn(process.execPath, [BLINK, ...BLINK_FLAGS, "--record", path, "/bin/bash", "-c", script], {
    env: BASE_ENV,
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  await new Promise<void>((resolve) => {
    child.stdout.on("data", (piece: Buffer) => {
      printed += piece;
      if (printed.includes("line 10\n")) resolve();
    });
    child.on("close", () => resolve());
  });
  child.kill("SIGKILL");
  const o = await blink(["--replay", path]);
  expect(o.stdout.toString()).toMatch(/^line 1\nline 2\n[\s\S]*line 7\n/);
  expect(o.stderr.toString()).toContain("the recording ends at instruction");
});

run("a crash is reported while it is recorded, and then replayed", async () => {
  const program = buildGuest(fileURLToPath(new URL("../debug/frames.c", import.meta.url)), "gcc -g -O1");
  const path = join(folder, "crash");
  const log = join(folder, "crash.log");
  const first = await blink(["-L", log, "--core", join(folder, "core"), "--record", path, program]);
  expect(first.signal).toBe("SIGSEGV");
  expect(readFileSync(log, "latin1")).toMatch(/#0 .* strike\+0x[0-9a-f]+ .*frames\.c:11/);
  expect(readFileSync(join(folder, "core")).length).toBeGreaterThan(100_000);
  expect(text(await blink(["--replay", path]))).toBe(text(first));
});

run("files that are no good", async () => {
  const path = join(folder, "whole");
  await blink(["--record", path, busy()], "");
  const bytes = readFileSync(path);
  const refused = async (name: string, contents: Uint8Array | string, why: string): Promise<void> => {
    writeFileSync(join(folder, name), contents);
    const o = await blink(["--replay", join(folder, name)]);
    expect(o.code, name).toBe(65);
    expect(o.stderr.toString()).toContain(why);
  };
  await refused("empty", "", "the recording ends before it begins");
  await refused("foreign", "#!/bin/sh\necho this is a script, which is longer than a head\n", "no recording");
  await refused("cut", bytes.subarray(0, Math.floor(bytes.length * 0.6)), "the recording ends at instruction");
  const other = Uint8Array.from(bytes);
  other[19] = 99;
  await refused("newer", other, "format 99");
  expect((await blink(["--replay", join(folder, "none")])).code).toBe(65);
  expect((await blink(["--replay", path, "prog"])).code).toBe(48);
});

run("a run that goes another way stops and says where", async () => {
  const path = join(folder, "bent");
  for (const [script, other] of [
    ["ls; ls", "exit 3"],
    ["exit 3", "ls; ls"],
  ]) {
    await blink(["--record", path, "/bin/bash", "-c", script], "");
    const bytes = readFileSync(path);
    bytes.write(other, bytes.indexOf(script));
    writeFileSync(path, bytes);
    const o = await blink(["--replay", path]);
    expect(o.code).toBe(65);
    expect(o.stderr.toString()).toMatch(/at instruction \d+: asked for|ended at instruction|ends at instruction/);
  }
});
