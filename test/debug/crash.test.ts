/** What is left in the log of a program that crashes. */
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { runUnderBlink } from "../harness/spawn.ts";

const lacking = missing(["gcc", "sh"]);
const run = lacking ? test.skip : test;

run(`a crash report, and a core file within its limit${lacking ? ` (no ${lacking})` : ""}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "blink-crash-"));
  try {
    const program = buildGuest(fileURLToPath(new URL("frames.c", import.meta.url)), "gcc -g -O1");
    const env = { BLINK_LOG_FILENAME: join(folder, "log") };
    const died = await runUnderBlink(["--core", "core.%e.%p", program], { cwd: folder, env });
    expect(died.signal).toBe("SIGSEGV");
    const log = readFileSync(join(folder, "log"), "latin1");
    expect(log).toMatch(
      /^crash: \S+frames \(process (\d+), thread \1 "frames"\): SIGSEGV \(SEGV_MAPERR, address 0x0\)$/m,
    );
    expect(log).toMatch(/^ {2}=> [0-9a-f]+ {2}mov dword ptr \[rax\], edi$/m);
    expect(log).toMatch(/^ {2}#0 {2}[0-9a-f]+ strike\+0x[0-9a-f]+ \(\S+frames\) \S+frames\.c:11$/m);
    expect(log).toMatch(/^ {2}#2 .* <signal handler called>$/m);
    expect(log).toMatch(/^ {2}[0-9a-f]+-[0-9a-f]+ r-xp \S+ \S+frames$/m);
    const core = /^core file: (\S+core\.frames\.\d+)$/m.exec(log)?.[1] ?? "";
    const limited = ["-c", `ulimit -c 4; ${program}; echo $?; ulimit -c 0; ${program}`];
    await runUnderBlink(["--core", "core.limited.%p", "sh", ...limited], { cwd: folder, env });
    expect(statSync(core).size).toBeGreaterThan(100_000);
    const cores = readFileSync(join(folder, "log"), "latin1").match(/^core file: \S+limited\.\d+$/gm) ?? [];
    expect(cores).toHaveLength(1);
    expect(statSync((cores[0] ?? "").slice("core file: ".length)).size).toBeLessThanOrEqual(4096);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
