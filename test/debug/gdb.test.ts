/** Debian's gdb as the debugger of programs under blink. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { BLINK, BLINK_FLAGS } from "../harness/paths.ts";
import { BASE_ENV, runNatively, runUnderBlink } from "../harness/spawn.ts";

const TIME = 120_000;
const lacking = missing(["gdb", "gcc"]);
const run = lacking ? test.skip : test;
const suffix = lacking ? ` (no ${lacking})` : "";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "blink-gdb-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const guest = (name: string, build = "gcc -g -O0 -pthread"): string =>
  buildGuest(fileURLToPath(new URL(name, import.meta.url)), build);

const batch = (commands: readonly string[]): string[] => [
  "-nx",
  "-q",
  "-batch",
  ...commands.flatMap((c) => ["-ex", c]),
];

/** What gdb says while it does the commands on a program that blink runs, and how blink ends. */
async function session(argv: readonly string[], commands: readonly string[]) {
  const socket = join(folder, `${argv[0].split("/").at(-1)}-${Math.random()}.sock`);
  const env = { ...BASE_ENV, BLINK_LOG_FILENAME: join(folder, "log") };
  const blink = spawn(process.execPath, [BLINK, ...BLINK_FLAGS, "-g", `unix:${socket}`, ...argv], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TIME,
  });
  let printed = "";
  let complaints = "";
  blink.stdout.on("data", (piece: Buffer) => {
    printed += piece;
  });
  blink.stderr.on("data", (piece: Buffer) => {
    complaints += piece;
  });
  const ended = new Promise<number | string | null>((resolve) =>
    blink.on("close", (code, how) => resolve(how ?? code)),
  );
  await new Promise<void>((resolve) => {
    blink.stderr.on("data", (piece: Buffer) => piece.includes("waiting for gdb") && resolve());
    blink.on("close", () => resolve());
  });
  const setUp = ["set sysroot target:", "set pagination off", "set print thread-events off", `target remote ${socket}`];
  const gdb = await runNatively(["gdb", ...batch([...setUp, ...commands])], {
    cwd: folder,
    timeout: TIME,
    env: { DEBUGINFOD_URLS: "" },
  });
  expect(gdb.timedOut).toBe(false);
  const how = await ended;
  expect(complaints).toMatch(/^blink: waiting for gdb: .*\n$/);
  return { said: `${gdb.stdout}${gdb.stderr}`, printed, ended: how };
}

run(
  `breaks in main, shows locals and callers, watches, and goes on to the end${suffix}`,
  { timeout: TIME },
  async () => {
    const { said, printed, ended } = await session(
      [guest("threads.c")],
      [
        "break main",
        "continue",
        "info locals",
        "watch shared",
        "continue",
        "print shared",
        "continue",
        "bt 2",
        "info threads",
        "thread 1",
        "bt -1",
        "delete",
        "continue",
      ],
    );
    expect(said).toMatch(/Breakpoint 1, main \(argc=1, argv=0x[0-9a-f]+\) at .*threads\.c:2\d/);
    expect(said).toContain("threads = {");
    expect(said).toMatch(/Hardware watchpoint 2: shared\n+Old value = 0\nNew value = [12]\n/);
    expect(said).toMatch(/Old value = [12]\nNew value = 3\n/);
    expect(said).toMatch(/#0 {2}work \(n=[12]\) at .*threads\.c:1\d\n#1 .* in start \(/);
    expect(said).toMatch(/Thread \d+\.\d+ "threads"/);
    expect(said).toMatch(/Switching to thread 1 \(Thread \d+\.\d+\)/);
    expect(said).toMatch(/ in main \(argc=1/);
    expect(said).toContain("exited normally");
    expect([printed, ended]).toEqual(["3\n", 0]);
  },
);

run(`goes back to the writes that made a value, through threads${suffix}`, { timeout: TIME }, async () => {
  const { said, printed, ended } = await session(
    [guest("threads.c")],
    [
      "watch shared",
      "continue",
      "continue",
      "print shared",
      "reverse-continue",
      "print shared",
      "reverse-continue",
      "print shared",
      "print $pc",
      "reverse-stepi",
      "stepi",
      "print $pc",
      "delete",
      "reverse-finish",
      "reverse-continue",
      "break printf",
      "continue",
      "print shared",
      "bt -1",
      "reverse-step",
      "delete",
      "continue",
    ],
  );
  expect(said).toMatch(/Old value = 1\nNew value = 3\n[\s\S]*\$1 = 3\n/);
  expect(said).toMatch(/Old value = 3\nNew value = 1\n[\s\S]*\$2 = 1\n/);
  expect(said).toMatch(/Old value = 1\nNew value = 0\n[\s\S]*\$3 = 0\n/);
  const [, pc] = /\$4 = (.*)/.exec(said) ?? [];
  expect(said).toContain(`$5 = ${pc}\n`);
  expect(said).toMatch(/ in start \(argument=0x1\) at /);
  expect(said).toContain("No more reverse-execution history.");
  expect(said).toMatch(/Breakpoint 2, .*printf[\s\S]*\$6 = 3\n/);
  expect(said).toMatch(/main \(argc=1, argv=0x[0-9a-f]+\) at .*threads\.c:2\d\n2\d\t/);
  expect(said).toContain("exited normally");
  expect([printed, ended]).toEqual(["3\n", 0]);
});

run(`goes through a recording, of which nothing can be changed${suffix}`, { timeout: TIME }, async () => {
  const path = join(folder, "recording");
  const program = guest("threads.c");
  expect((await runUnderBlink(["--record", path, program], { cwd: folder })).stdout.toString()).toBe("3\n");
  const commands = ["watch shared", "continue", "continue", "reverse-continue", "print shared", "delete", "continue"];
  const whole = await session(["--replay", path], commands);
  expect(whole.said).toMatch(/Old value = 3\nNew value = 1\n[\s\S]*\$1 = 1\n/);
  expect(whole.said).toContain("exited normally");
  expect([whole.printed, whole.ended]).toEqual(["3\n", 0]);
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * 0.99)));
  const cut = await session(["--replay", path], ["continue", "reverse-stepi", "stepi", "stepi", "set var shared = 5"]);
  expect(cut.said.match(/No more reverse-execution history/g)?.length).toBeGreaterThan(0);
  expect(cut.said).toContain("Cannot access memory");
});

run(`goes back from a crash to the signals before it${suffix}`, { timeout: TIME }, async () => {
  const commands = ["continue", "continue", "watch counter", "reverse-continue", "reverse-continue"];
  const { said } = await session([guest("frames.c")], [...commands, "delete", "continue", "continue"]);
  const signals = said.match(/received signal SIG\w+/g)?.map((s) => s.split(" ").at(-1));
  expect(signals).toEqual(["SIGUSR1", "SIGSEGV", "SIGUSR1", "SIGSEGV"]);
  expect(said).toMatch(/Old value = 11\nNew value = 0\n/);
  expect(said).toContain("Program terminated with signal SIGSEGV");
});

run(`stops at system calls, and tells of the process${suffix}`, { timeout: TIME }, async () => {
  const { said, ended } = await session(
    [guest("threads.c")],
    [
      "catch syscall exit_group",
      "catch syscall write",
      "continue",
      "print $rdx",
      "continue",
      "print $rax",
      "continue",
      "info proc mappings",
      "reverse-continue",
      "print $rax",
      "delete",
      "continue",
    ],
  );
  expect(said).toMatch(
    /\(call to syscall write\)[\s\S]*\$1 = 2\n[\s\S]*\(returned from syscall write\)[\s\S]*\$2 = 2\n/,
  );
  expect(said).toMatch(
    /\(call to syscall exit_group\)[\s\S]* r-xp +\S+threads\n[\s\S]*\(returned from syscall write\)[\s\S]*\$3 = 2\n/,
  );
  expect(said).toContain("exited normally");
  expect(ended).toBe(0);
});

run(
  `a crash shows where it was, a call into the program works, and kill ends it${suffix}`,
  { timeout: TIME },
  async () => {
    const { said, ended } = await session(
      [guest("frames.c")],
      [
        "handle SIGUSR1 nostop noprint pass",
        "break compare",
        "continue",
        "print abs(-7)",
        "delete",
        "continue",
        "bt",
        "kill",
      ],
    );
    expect(said).toContain("$1 = 7");
    expect(said).toMatch(
      /Program received signal SIGSEGV, Segmentation fault\.\n.*strike \(value=11\) at .*frames\.c:11/,
    );
    expect(said).toMatch(/#2 {2}<signal handler called>/);
    expect(said).toMatch(/#\d+ .* in main \(\) at .*frames\.c:27/);
    expect(ended).toBe("SIGKILL");
  },
);

run(`follows a child and its new program${suffix}`, { timeout: TIME }, async () => {
  const { said, printed, ended } = await session(
    [guest("spawns.c")],
    [
      "set follow-fork-mode child",
      "set detach-on-fork on",
      "catch exec",
      "break main",
      "continue",
      "continue",
      "continue",
      "continue",
    ],
  );
  expect(said).toMatch(/Catchpoint 1 \(exec'd \/.*spawns\)/);
  expect(said).toMatch(/Breakpoint 2, main \(argc=2/);
  expect([printed, ended]).toEqual(["child\nparent: 7\n", 0]);
});

run(`detaches, and the program goes on alone${suffix}`, { timeout: TIME }, async () => {
  const { said, printed, ended } = await session([guest("threads.c")], ["break work", "continue", "detach"]);
  expect([printed, ended], said).toEqual(["3\n", 0]);
});

run(`a core file of blink's is like one of Linux's${suffix}`, { timeout: TIME }, async () => {
  const program = guest("threads.c");
  const core = join(folder, "core");
  const died = await runUnderBlink(["--core", core, program, "abort"], { cwd: folder });
  expect(died.signal).toBe("SIGABRT");
  expect(existsSync(core)).toBe(true);
  const commands = ["info threads", "thread apply all bt", "print shared", "print $_siginfo.si_signo", "info auxv"];
  const gdb = await runNatively(["gdb", ...batch(commands), program, core], {
    cwd: folder,
    env: { DEBUGINFOD_URLS: "" },
  });
  const said = `${gdb.stdout}`;
  expect(said).toContain("Program terminated with signal SIGABRT");
  expect(said.match(/ in work \(n=[12]\) at /g)).toHaveLength(2);
  expect(said).toMatch(/ in main \(argc=2, argv=.*threads\.c:2\d/);
  expect(said).toContain("$1 = 3\n$2 = 6\n");
  expect(said).toContain("AT_ENTRY");
});
