import { SIG_DFL, SIG_IGN, SIGKILL, SIGRTMIN, SIGSTOP, type SigInfo } from "../abi/signal.ts";

/** One signal's action, as struct sigaction has it. `mask` is a sigset: bit n-1 is signal n. */
export interface SigAction {
  /** SIG_DFL, SIG_IGN or an address. */
  handler: number;
  flags: number;
  restorer: number;
  mask: bigint;
}

export const sigBit = (signo: number): bigint => 1n << BigInt(signo - 1);
/** Signals that nobody can block, catch or ignore. */
export const UNBLOCKABLE = sigBit(SIGKILL) | sigBit(SIGSTOP);

const defaultAction = (): SigAction => ({ handler: SIG_DFL, flags: 0, restorer: 0, mask: 0n });

/** Signal actions, shared by CLONE_SIGHAND. */
export class SigHand {
  readonly actions: SigAction[] = Array.from({ length: 65 }, defaultAction);
  copy(): SigHand {
    const c = new SigHand();
    this.actions.forEach((a, i) => {
      c.actions[i] = { ...a };
    });
    return c;
  }
  /** execve: caught signals go back to the default, ignored ones stay ignored. */
  resetCaught(): void {
    this.actions.forEach((a, i) => {
      this.actions[i] = { ...defaultAction(), handler: a.handler === SIG_IGN ? SIG_IGN : SIG_DFL };
    });
  }
}

/** Pending signals of a task or process. Standard signals are pending once; real-time ones queue. */
export class Pending {
  private queue: SigInfo[] = [];
  set = 0n;

  add(info: SigInfo): boolean {
    const bit = sigBit(info.signo);
    if (info.signo < SIGRTMIN && this.set & bit) return false;
    this.set |= bit;
    this.queue.push(info);
    return true;
  }
  /** Takes the next signal out of those in `allowed`: synchronous faults first, then by number (signal(7)). */
  take(allowed: bigint): SigInfo | undefined {
    const ready = this.set & allowed;
    if (!ready) return undefined;
    const pick = ready & SYNCHRONOUS || ready;
    let signo = 1;
    while (!(pick & sigBit(signo))) signo++;
    const i = this.queue.findIndex((q) => q.signo === signo);
    const [info] = this.queue.splice(i, 1);
    if (!this.queue.some((q) => q.signo === signo)) this.set &= ~sigBit(signo);
    return info;
  }
  /** The next one of a signal's, left where it is. */
  peek(signo: number): SigInfo | undefined {
    return this.queue.find((q) => q.signo === signo);
  }
  discard(signals: bigint): void {
    if (!(this.set & signals)) return;
    this.queue = this.queue.filter((q) => !(sigBit(q.signo) & signals));
    this.set &= ~signals;
  }
  get length(): number {
    return this.queue.length;
  }
}

/** SIGSEGV SIGBUS SIGILL SIGTRAP SIGFPE SIGSYS: taken before the others. */
const SYNCHRONOUS = [11, 7, 4, 5, 8, 31].reduce((m, s) => m | sigBit(s), 0n);
