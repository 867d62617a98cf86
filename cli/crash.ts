/** What is left of a guest's process that crashes: a report in the log, and a core file. Bundled on its own: tools/lazy-debug.mjs. */
import { O_CREAT, O_NOFOLLOW, O_TRUNC, O_WRONLY } from "../src/abi/fcntl.ts";
import { RLIMIT_CORE } from "../src/abi/resource.ts";
import type { SigInfo } from "../src/abi/signal.ts";
import { type CoreSink, writeCore } from "../src/debug/crash/core.ts";
import { crashReport } from "../src/debug/crash/report.ts";
import { fromFile, type Untouched } from "../src/debug/memory.ts";
import { OutsideFiles } from "../src/debug/outside.ts";
import { makeSymbols } from "../src/debug/symbols/symbols.ts";
import type { HostFs } from "../src/host/types.ts";
import type { Task } from "../src/kernel/task.ts";
import type { Surroundings } from "../src/platform/node/run.ts";

/** True if a core was written. `core`: its path, if one is wanted. */
export function crashed(task: Task, info: SigInfo, around: Surroundings, core: string | undefined): boolean {
  const { machine, live, overlays, recording, log } = around;
  // What is read for a report must not stand in a recording.
  const aside = <T>(what: () => T): T => (recording ? recording.tap.aside(what) : what());
  const outside = recording && new OutsideFiles(machine, { live, overlays, aside });
  // Whatever goes wrong here must not keep the process from dying as it does on Linux.
  try {
    for (const line of crashReport(task, info, makeSymbols(outside?.source))) log(line);
  } catch (e) {
    log(`the crash report ends here: ${e}`);
  }
  const { fs } = live;
  if (core === undefined || !fs || !wanted(task)) return false;
  const path = nameOf(core, task);
  try {
    return dump(task, info, fs, path, log, outside?.untouched ?? fromFile);
  } catch (e) {
    log(`core file ${path}: ${e}`);
    return false;
  }
}

/** setrlimit(2) and PR_SET_DUMPABLE may forbid it. */
function wanted({ process }: Task): boolean {
  return process.dumpable === 1 && process.limits[RLIMIT_CORE].soft > 0;
}

/** As core_pattern has it: core(5). */
function nameOf(pattern: string, task: Task): string {
  const values: Readonly<Record<string, string>> = {
    "%": "%",
    p: `${task.process.pid}`,
    e: task.name.replaceAll("/", "!"),
  };
  return pattern.replace(/%(.)/g, (all, letter: string) => values[letter] ?? all);
}

function dump(
  task: Task,
  info: SigInfo,
  fs: HostFs,
  path: string,
  log: (line: string) => void,
  untouched: Untouched,
): boolean {
  const fd = fs.open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  if (fd < 0) {
    log(`core file ${path}: error ${-fd}`);
    return false;
  }
  const limit = task.process.limits[RLIMIT_CORE].soft;
  let failed = 0;
  const sink: CoreSink = {
    write: (bytes, at) => {
      const piece = at + bytes.length > limit ? bytes.subarray(0, Math.max(0, limit - at)) : bytes;
      const n = piece.length ? fs.pwrite(fd, piece, at) : 0;
      if (n < 0) failed = -n;
      return n === bytes.length;
    },
    end: (size) => {
      if (size <= limit) failed ||= -Math.min(0, fs.ftruncate(fd, size));
    },
  };
  writeCore(task, info, sink, untouched);
  fs.close(fd);
  log(failed ? `core file ${path}: error ${failed}` : `core file: ${path}`);
  return failed === 0;
}
