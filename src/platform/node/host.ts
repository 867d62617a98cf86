import fs from "node:fs";
import { SIGWINCH } from "../../abi/signal.ts";
import type { Host, HostStream } from "../../host/types.ts";
import { attempt } from "./errno.ts";
import { NodeFs } from "./fs.ts";
import { inheritedFds } from "./inherited.ts";
import { NodeNet } from "./net.ts";
import { NodeStream } from "./stdio.ts";
import { setV8Flags } from "./v8-flags.ts";

/** Signals of the host that a guest may care about, with Linux's numbers. */
const SIGNALS: readonly (readonly [NodeJS.Signals, number])[] = [
  ["SIGHUP", 1],
  ["SIGINT", 2],
  ["SIGQUIT", 3],
  ["SIGUSR2", 12],
  ["SIGTERM", 15],
  ["SIGCONT", 18],
  ["SIGTSTP", 20],
  ["SIGWINCH", SIGWINCH],
];

/** Supplementary groups. Node's getgroups adds the effective group where the system leaves it out. */
function groups(): number[] {
  try {
    const list = /^Groups:(.*)$/m.exec(fs.readFileSync("/proc/self/status", "latin1"));
    if (list) return list[1].trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    // Not Linux.
  }
  return process.getgroups?.() ?? [];
}

/** Node (or a runtime like it) as the host. */
export class NodeHost implements Host {
  readonly clock = {
    realtime: (): bigint => this.epoch + process.hrtime.bigint(),
    monotonic: (): bigint => process.hrtime.bigint(),
  };
  readonly fs = new NodeFs(() => this.wake());
  readonly ids: Host["ids"];
  readonly stdio: [NodeStream, NodeStream, NodeStream];
  readonly net = new NodeNet(() => this.wake());
  private readonly input: NodeStream;
  private signalHandler: ((signo: number) => void) | undefined;
  private epoch: bigint;
  private wakeSleeper: (() => void) | undefined;
  /** A wake came while nobody slept: the next sleep returns at once. */
  private woken = false;

  constructor(private readonly logTo: (line: string) => void = (line) => process.stderr.write(`${line}\n`)) {
    // For programs that embed the library; the command has done it.
    setV8Flags();
    this.epoch = BigInt(Date.now()) * 1000000n - process.hrtime.bigint();
    this.ids = {
      pid: process.pid,
      uid: process.getuid?.() ?? 1000,
      gid: process.getgid?.() ?? 1000,
      groups: groups(),
      umask: takeUmask(),
      hostname: hostname(),
      cpus: 1,
    };
    const wake = () => this.wake();
    this.input = new NodeStream(0, wake);
    this.stdio = [this.input, new NodeStream(1, wake), new NodeStream(2, wake)];
    process.on("exit", () => this.restore());
  }

  inherited(): { fd: number; flags: number; stream: HostStream }[] {
    return inheritedFds().map(({ fd, flags }) => ({ fd, flags, stream: new NodeStream(fd, () => this.wake()) }));
  }

  random(bytes: Uint8Array): void {
    // Loading Node's crypto takes some 5 ms of start-up, which the system's own source does not.
    const fd = (this.entropy ??= attempt(() => fs.openSync("/dev/urandom", "r")));
    if (fd >= 0 && attempt(() => fs.readSync(fd, bytes)) === bytes.length) return;
    process.getBuiltinModule("node:crypto").randomFillSync(bytes);
  }
  /** Descriptor of /dev/urandom; negative: there is none. */
  private entropy: number | undefined;
  log(line: string): void {
    this.logTo(line);
  }

  get onSignal(): ((signo: number) => void) | undefined {
    return this.signalHandler;
  }
  set onSignal(handler: ((signo: number) => void) | undefined) {
    const first = this.signalHandler === undefined;
    this.signalHandler = handler;
    if (!first || !handler) return;
    for (const [name, signo] of SIGNALS) {
      try {
        process.on(name, () => {
          if (signo === SIGWINCH) for (const s of this.stdio) s.resized();
          this.signalHandler?.(signo);
          this.wake();
        });
      } catch {
        // This system has no such signal.
      }
    }
  }

  sleep(ms: number): Promise<void> {
    if (this.woken || ms <= 0) {
      this.woken = false;
      return new Promise((resolve) => setImmediate(resolve));
    }
    return new Promise((resolve) => {
      // Longer delays than setTimeout can do just wake up early.
      const timer = setTimeout(() => this.wakeSleeper?.(), Math.min(ms, 0x7fffffff));
      this.wakeSleeper = () => {
        clearTimeout(timer);
        this.wakeSleeper = undefined;
        this.woken = false;
        resolve();
      };
    });
  }
  wake(): void {
    if (this.wakeSleeper) this.wakeSleeper();
    else this.woken = true;
  }

  suspend(): void {
    if (process.platform === "win32") return;
    this.input.withoutRaw(() => process.kill(process.pid, "SIGSTOP"));
  }

  /** Puts the terminal back as it was. */
  restore(): void {
    for (const s of this.stdio) s.close();
  }
}

/** The process's file mode mask, which is then 0: the guest's own masks apply. Workers may not change it. */
function takeUmask(): number {
  try {
    return process.umask(0);
  } catch {
    return 0o022;
  }
}

function hostname(): string {
  try {
    return fs.readFileSync("/proc/sys/kernel/hostname", "latin1").trim();
  } catch {
    return process.getBuiltinModule("node:os").hostname();
  }
}
