import { ENOENT } from "../../abi/errno.ts";
import { PROC_SUPER_MAGIC } from "../../abi/statfs.ts";
import type { Place, Statfs } from "../../vfs/types.ts";
import { type Entries, type ProcContext, ProcDir, ProcLink, ProcText } from "./proc-node.ts";
import { pidDir } from "./proc-pid.ts";
import type { ProcSource } from "./proc-source.ts";
import { procSys } from "./proc-sys.ts";

/** /proc (proc(5)): the kernel's facts as files. */
export class ProcFs implements ProcContext {
  readonly type = "proc";
  readonly dev = 21;
  readonly root: ProcDir;
  private ino = 4026531000;
  private readonly pids = new Map<number, ProcDir>();

  constructor(
    readonly source: ProcSource,
    readonly now: () => bigint,
  ) {
    const list = () => source.pids().map(String);
    this.root = new ProcDir(this, this.entries(), { list, get: (name) => this.pid(name) });
  }
  nextIno(): number {
    return this.ino++;
  }
  viewRoot(): Place | undefined {
    const self = this.source.self();
    return self && this.source.process(self.pid)?.root;
  }
  private pid(name: string): ProcDir | undefined {
    const pid = /^[1-9]\d*$/.test(name) ? Number(name) : 0;
    if (!this.source.process(pid)) {
      this.pids.delete(pid);
      return undefined;
    }
    let dir = this.pids.get(pid);
    if (!dir) {
      dir = pidDir(this, pid);
      this.pids.set(pid, dir);
    }
    return dir;
  }

  private entries(): Entries {
    const { source } = this;
    const text = (read: () => string) => () => new ProcText(this, { read });
    const self = (make: (s: { pid: number; tid: number }) => string) => () =>
      new ProcLink(this, () => {
        const s = source.self();
        return s ? make(s) : -ENOENT;
      });
    return {
      self: self((s) => `${s.pid}`),
      "thread-self": self((s) => `${s.pid}/task/${s.tid}`),
      cmdline: text(() => "\n"),
      cpuinfo: text(() => cpuinfo(source)),
      devices: text(() => "Character devices:\n  1 mem\n  5 /dev/tty\n136 pts\n\nBlock devices:\n"),
      filesystems: text(() => "nodev\tsysfs\nnodev\tproc\nnodev\ttmpfs\nnodev\tdevtmpfs\nnodev\tpipefs\n\text4\n"),
      loadavg: text(() => loadavg(source)),
      meminfo: text(() => meminfo(source)),
      mounts: () => new ProcLink(this, () => "self/mounts"),
      net: () => new ProcLink(this, () => "self/net"),
      stat: text(() => stat(source)),
      swaps: text(() => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"),
      sys: () => procSys(this),
      uptime: text(() => uptime(source)),
      vmstat: text(() => vmstat(source)),
      version: text(() => `Linux version ${source.release} (blink@blink) ${source.version}\n`),
    };
  }
  statfs(): Statfs {
    return { type: PROC_SUPER_MAGIC, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 };
  }
}

function meminfo(s: ProcSource): string {
  const { total, free, cached } = s.memory();
  const rows: [string, number][] = [
    ["MemTotal", total],
    ["MemFree", free],
    ["MemAvailable", free + cached],
    ["Buffers", 0],
    ["Cached", cached],
    ["SwapCached", 0],
    ["Active", 0],
    ["Inactive", 0],
    ["SwapTotal", 0],
    ["SwapFree", 0],
    ["Dirty", 0],
    ["Writeback", 0],
    ["AnonPages", Math.max(0, total - free - cached)],
    ["Mapped", cached],
    ["Shmem", 0],
    ["Slab", 0],
    ["CommitLimit", total],
    ["Committed_AS", total - free],
    ["VmallocTotal", 2 ** 45],
    ["HugePages_Total", -1],
    ["HugePages_Free", -1],
    ["Hugepagesize", 2097152],
  ];
  return rows
    .map(([name, bytes]) => {
      const label = `${name}:`.padEnd(16);
      if (bytes < 0) return `${label}${"0".padStart(8)}\n`;
      return `${label}${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`;
    })
    .join("");
}

/** Page counts, and zeroes for what never happens here. */
function vmstat(s: ProcSource): string {
  const { free, cached } = s.memory();
  const never = "pgpgin pgpgout pswpin pswpout pgalloc_normal pgfree pgactivate pgfault pgmajfault oom_kill".split(" ");
  const rows = [
    ["nr_free_pages", Math.floor(free / 4096)],
    ["nr_file_pages", Math.floor(cached / 4096)],
    ...never.map((name) => [name, 0]),
  ];
  return rows.map((r) => `${r.join(" ")}\n`).join("");
}

function cpuinfo(s: ProcSource): string {
  let out = "";
  for (let i = 0; i < s.cpus; i++) {
    const rows: [string, string | number][] = [
      ["processor\t", i],
      ["vendor_id\t", s.cpu.vendor],
      ["cpu family\t", 6],
      ["model\t\t", 94],
      ["model name\t", s.cpu.model],
      ["stepping\t", 1],
      ["cpu MHz\t\t", "1000.000"],
      ["cache size\t", "4096 KB"],
      ["physical id\t", 0],
      ["siblings\t", s.cpus],
      ["core id\t\t", i],
      ["cpu cores\t", s.cpus],
      ["apicid\t\t", i],
      ["fpu\t\t", "yes"],
      ["wp\t\t", "yes"],
      ["flags\t\t", s.cpu.flags.join(" ")],
      ["bogomips\t", "2000.00"],
      ["clflush size\t", 64],
      ["cache_alignment\t", 64],
      ["address sizes\t", "40 bits physical, 48 bits virtual"],
    ];
    out += `${rows.map(([k, v]) => `${k}: ${v}\n`).join("")}power management:\n\n`;
  }
  return out;
}

function stat(s: ProcSource): string {
  const tick = 1e7;
  const busy = Math.floor(s.busy() / tick);
  const all = Math.floor(Number(s.uptime()) / tick) * s.cpus;
  const line = (name: string, b: number, idle: number) => `${name} ${b} 0 0 ${Math.max(0, idle)} 0 0 0 0 0 0\n`;
  let out = line("cpu ", busy, all - busy);
  for (let i = 0; i < s.cpus; i++) out += line(`cpu${i}`, Math.floor(busy / s.cpus), Math.floor((all - busy) / s.cpus));
  const running = s.pids().filter((p) => s.process(p)?.tasks.some((t) => t.state === "R")).length;
  out += `intr 0\nctxt 0\nbtime ${s.bootSeconds()}\nprocesses ${s.forks()}\n`;
  return `${out}procs_running ${Math.max(1, running)}\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n`;
}

function uptime(s: ProcSource): string {
  const up = Number(s.uptime()) / 1e9;
  return `${up.toFixed(2)} ${Math.max(0, up * s.cpus - s.busy() / 1e9).toFixed(2)}\n`;
}

function loadavg(s: ProcSource): string {
  const pids = s.pids();
  const threads = pids.reduce((n, p) => n + (s.process(p)?.tasks.length ?? 0), 0);
  return `0.00 0.00 0.00 1/${threads} ${Math.max(0, ...pids)}\n`;
}
