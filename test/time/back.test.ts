/** Going back: the machine must be exactly as it was, and runs on from there as it did. */
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isLeaf, rootsOf } from "../../src/debug/checkpoints.ts";
import type { Debugger } from "../../src/debug/debugger.ts";
import { GraphSnapshot } from "../../src/debug/graph.ts";
import { machineHash } from "../../src/debug/hash.ts";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { session } from "./debuggee.ts";
import { thereAndBack } from "./there-and-back.ts";

const SOURCE = fileURLToPath(new URL("busy.c", import.meta.url));
const BUILD = "gcc -O1 -pthread -static";
const GETRANDOM = 318;
const SCRIPT = 'for i in 1 2 3 4 5 6; do x="$x$(echo $i | cat)"; done; echo $x $RANDOM';

const PROGRAMS: [string, string, () => string[]][] = [
  ["a program with threads", "gcc", () => [buildGuest(SOURCE, BUILD)]],
  ["bash", "bash", () => ["/bin/bash", "-c", SCRIPT]],
  ["python3", "python3", () => ["/usr/bin/python3", "-S", "-c", "import time; print(hash('x'), time.time())"]],
];

/** The hash at ever later positions, up to the end. */
async function hashes(d: Debugger): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (let p = 50_000; (await d.run({ position: p })).kind === "done"; p = Math.floor(p * 2.3)) {
    expect(d.position).toBe(p);
    found.set(p, machineHash(d.machine));
  }
  return found;
}

for (const [name, needs, argv] of PROGRAMS) {
  const lacking = missing([needs]);
  const run = lacking ? test.skip : test;
  const title = `${name}${lacking ? ` (no ${lacking})` : ""}`;

  run(`${title}: every position is what it was`, async () => {
    const { debuggee: d, output } = session(argv(), "line\n");
    const found = await hashes(d);
    expect(found.size).toBeGreaterThan(3);
    const { position: end, ended } = d;
    const printed = output();
    for (const p of [...found.keys()].reverse()) {
      expect(await d.goTo(p)).toEqual({ kind: "done" });
      expect(d.position).toBe(p);
      expect(machineHash(d.machine)).toBe(found.get(p));
    }
    expect(await d.run()).toEqual({ kind: "end", status: ended });
    expect(d.position).toBe(end);
    expect(output()).toBe(printed);
  });

  run(`${title}: steps forward and back end where they began`, async () => {
    const { debuggee: d } = session(argv(), "line\n");
    await d.run({ position: 77_777 });
    const before = machineHash(d.machine);
    await thereAndBack(d, 100, 1);
    expect(d.position).toBe(77_777);
    expect(machineHash(d.machine)).toBe(before);
  });

  run(`${title}: all of its state can be saved`, async () => {
    const { debuggee: d } = session(argv(), "line\n");
    const problems: string[] = [];
    for (const position of [1, 100_000, 1_000_000]) {
      await d.run({ position });
      const onProblem = (path: string, what: string): void => void problems.push(`${what} at ${path}`);
      const { recording } = d;
      if (!recording) throw new Error("not recorded");
      new GraphSnapshot(rootsOf(d.machine, recording), { isLeaf: isLeaf(d.machine), onProblem });
    }
    expect(problems).toEqual([]);
  });
}

const lacking = missing(["gcc", "nm"]);
const run = lacking ? test.skip : test;

/** Address of a symbol. */
async function symbol(program: string, name: string): Promise<number> {
  const { execFileSync } = await import("node:child_process");
  const line = execFileSync("nm", [program], { encoding: "utf8" })
    .split("\n")
    .find((l) => l.endsWith(` ${name}`));
  return Number.parseInt(line ?? "", 16);
}

run("breakpoints and watchpoints, forwards and backwards", async () => {
  const program = buildGuest(SOURCE, "gcc -O1 -pthread -static -no-pie");
  const { debuggee: d } = session([program], "line\n");
  const tick = await symbol(program, "tick");
  const counter = await symbol(program, "counter");
  d.breakpoints.add(tick);
  const hits: number[] = [];
  for (let stop = await d.run(); stop.kind === "breakpoint"; stop = await d.run()) {
    expect(stop.address).toBe(tick);
    hits.push(d.position);
  }
  expect(hits).toHaveLength(60);
  for (const position of hits.toReversed()) {
    expect((await d.runBack()).kind).toBe("breakpoint");
    expect(d.position).toBe(position);
  }
  expect(await d.runBack()).toEqual({ kind: "beginning" });
  d.breakpoints.clear();

  d.watch([{ address: counter, length: 4, kind: "write" }]);
  const value = (): number => {
    const task = d.task;
    if (!task) throw new Error("no task");
    return new DataView(d.readMemory(task, counter, 4).buffer).getInt32(0, true);
  };
  const values: number[] = [];
  for (let stop = await d.run(); stop.kind === "watchpoint"; stop = await d.run()) values.push(value());
  expect(values).toHaveLength(60);
  expect(values.at(-1)).toBe(120);
  // Before each write, what the one before it wrote.
  for (const before of [0, ...values].slice(0, 60).reverse()) {
    expect((await d.runBack()).kind).toBe("watchpoint");
    expect(value()).toBe(before);
  }
});

run("back to a signal that is about to be taken, and to the ends of system calls", async () => {
  const { debuggee: d } = session([buildGuest(SOURCE, BUILD)], "line\n");
  const wishes = { signals: true, calls: (nr: number) => nr === GETRANDOM };
  const seen: [string, number][] = [];
  for (let stop = await d.run(wishes); stop.kind !== "end"; stop = await d.run(wishes)) {
    if (stop.kind !== "signal" && stop.kind !== "syscall") throw new Error(stop.kind);
    if (stop.kind === "signal" || stop.at === "return") seen.push([stop.kind, d.position]);
  }
  expect(seen.map(([kind]) => kind)).toContain("syscall");
  for (const [kind, position] of seen.toReversed()) {
    const stop = await d.runBack(wishes);
    expect([stop.kind, d.position]).toEqual([kind, position]);
    // The task that the signal is for has not begun to handle it.
    if (stop.kind === "signal") expect(stop.task.pending.set | stop.task.process.pending.set).not.toBe(0n);
  }
  expect(await d.runBack(wishes)).toEqual({ kind: "beginning" });
});

run("what the debugger writes in the past makes another future", async () => {
  const program = buildGuest(SOURCE, "gcc -O1 -pthread -static -no-pie");
  const { debuggee: d, output } = session([program], "line\n");
  const counter = await symbol(program, "counter");
  d.breakpoints.add(await symbol(program, "tick"));
  await d.run();
  const { position } = d;
  d.breakpoints.clear();
  expect((await d.run()).kind).toBe("end");
  expect(output().split(" ")[3]).toBe("120");
  await d.goTo(position);
  const task = d.task;
  if (!task) throw new Error("no task");
  expect(d.writeMemory(task, counter, Uint8Array.of(0xe8, 3, 0, 0))).toBe(4);
  expect(d.history).toEqual({ first: position, last: position });
  expect((await d.run()).kind).toBe("end");
  expect(output().split("\n")[1].split(" ")[3]).toBe("1120");
});

run("stops for signals, programs, children and ends", async () => {
  const { debuggee: d } = session([buildGuest(SOURCE, BUILD)], "line\n");
  const kinds = new Set<string>();
  let stop = await d.run({ events: true, signals: true });
  for (; stop.kind !== "end"; stop = await d.run({ events: true, signals: true })) kinds.add(stop.kind);
  expect([...kinds].sort()).toEqual(["clone", "exited", "signal"]);
  expect(stop.status).toEqual({ code: 3, signal: 0 });
});

test("there and back again, past checkpoints that are left on the way", async () => {
  const { debuggee: d } = session([fileURLToPath(new URL("../../examples/hello/hello", import.meta.url))]);
  await d.run();
  const { position: end } = d;
  const seen = new Map<number, string>();
  for (const p of [end - 1, Math.floor(end / 2), 0, end, end - 1, 0, end - 20_000, end]) {
    await d.goTo(p);
    expect(d.position).toBe(p);
    const hash = machineHash(d.machine);
    expect(hash).toBe(seen.get(p) ?? hash);
    seen.set(p, hash);
  }
});
