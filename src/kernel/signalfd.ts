import { EAGAIN, EINVAL } from "../abi/errno.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { POLLIN } from "../abi/poll.ts";
import { SI_TIMER, type SigInfo } from "../abi/signal.ts";
import type { WaitQueue } from "../vfs/types.ts";
import { AnonFile } from "./anon-file.ts";
import type { Kernel } from "./kernel.ts";

/** sizeof(struct signalfd_siginfo) */
const SIZE = 128;

/** signalfd(2): takes signals that are pending for whoever reads it. */
export class SignalFile extends AnonFile {
  override queue: WaitQueue;
  readonly pollsByTask = true;

  constructor(
    private readonly kernel: Kernel,
    /** Signals to take. */
    public mask: bigint,
    flags: number,
  ) {
    super("[signalfd]", flags | O_RDWR);
    this.queue = kernel.signalEvents;
  }
  override read(into: Uint8Array): number {
    if (into.length < SIZE) return -EINVAL;
    let done = 0;
    for (; done + SIZE <= into.length; done += SIZE) {
      const info = this.take();
      if (!info) break;
      into.set(encode(info), done);
    }
    return done || -EAGAIN;
  }
  private take(): SigInfo | undefined {
    const task = this.kernel.current;
    return task?.pending.take(this.mask) ?? task?.process.pending.take(this.mask);
  }
  override poll(): number {
    const task = this.kernel.current;
    return task && (task.pending.set | task.process.pending.set) & this.mask ? POLLIN : 0;
  }
}

function encode(info: SigInfo): Uint8Array {
  const v = new DataView(new ArrayBuffer(SIZE));
  v.setUint32(0, info.signo, true);
  v.setInt32(4, info.errno ?? 0, true);
  v.setInt32(8, info.code, true);
  if (info.code === SI_TIMER) {
    v.setUint32(24, info.timerId ?? 0, true);
    v.setUint32(32, info.overrun ?? 0, true);
  } else {
    v.setUint32(12, info.pid ?? 0, true);
    v.setUint32(16, info.uid ?? 0, true);
  }
  v.setInt32(20, info.fd ?? 0, true);
  v.setUint32(28, info.band ?? 0, true);
  v.setInt32(40, info.status ?? 0, true);
  v.setInt32(44, Number(BigInt.asIntN(32, info.value ?? 0n)), true);
  v.setBigUint64(48, info.value ?? 0n, true);
  v.setBigUint64(56, BigInt(info.utime ?? 0), true);
  v.setBigUint64(64, BigInt(info.stime ?? 0), true);
  v.setBigUint64(72, BigInt.asUintN(64, info.addr ?? 0n), true);
  return new Uint8Array(v.buffer);
}
