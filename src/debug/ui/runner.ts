/** Ways to go: over calls, out of functions, on with the panels alive. */
import { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP } from "../../abi/signal.ts";
import type { Task } from "../../kernel/task.ts";
import type { Debuggee, Stop, Until } from "../types.ts";
import { insnAt, type Look } from "./look.ts";
import type { Pending } from "./pending.ts";
import type { Frame } from "./symbols.ts";

/** Signals that say that something is wrong: the others are the program's daily business. */
const FAULTS: readonly number[] = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS];

/** What is needed of a machine to run it. */
export type Runnable = Pick<Debuggee, "breakpoints" | "position" | "task" | "run" | "step" | "interrupt">;

/** The time that the place we run in gives. Milliseconds. */
export interface Pace {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** A picture's time. */
export const FRAME = 1000 / 60;
/** So long a piece of a run is to be, so that keys are seen and the profile has samples. */
const PIECE = 4;
const LEAST_PIECE = 2000;
const MOST_PIECE = 50_000_000;

export class Runner {
  private stopping = false;
  /** The last stop was for a signal. */
  private told = false;
  /** Instructions of the next piece. */
  private piece = 20_000;

  constructor(
    private readonly debuggee: Runnable,
    private readonly pace: Pace,
    private readonly pending: Pending,
    private readonly reactive: () => boolean,
  ) {}

  interrupt(): void {
    this.stopping = true;
    this.debuggee.interrupt();
  }
  /** Runs on, past signals that nobody wants to see. */
  async run(until: Until = {}): Promise<Stop> {
    this.begin();
    return this.runOn(until);
  }
  private begin(): void {
    this.stopping = false;
    this.pending.look(this.debuggee.task);
  }
  private async runOn(until: Until): Promise<Stop> {
    const { debuggee } = this;
    for (;;) {
      const next = debuggee.position + 1;
      // A signal that was told of is delivered now: it isn't to be told again.
      const passing = this.told && (until.position === undefined || until.position > next);
      const signals = !this.told && this.reactive();
      this.told = false;
      const position = passing ? next : until.position;
      const stop = await debuggee.run({ ...until, position, signals, calls: this.pending.calls });
      if (stop.kind === "done" && passing) continue;
      if (stop.kind === "syscall") {
        if (stop.at === "return") this.pending.look(stop.task);
      } else if (stop.kind !== "signal") return stop;
      else {
        this.told = true;
        if (FAULTS.includes(stop.signo)) return stop;
      }
      if (this.stopping) return { kind: "interrupted" };
    }
  }
  /** Until the task is at the address with its stack no deeper than `sp`. */
  private async runTo(task: Task, address: number, sp: number): Promise<Stop> {
    const { breakpoints } = this.debuggee;
    const own = !breakpoints.has(address);
    this.begin();
    breakpoints.add(address);
    try {
      for (;;) {
        const stop = await this.runOn({});
        if (stop.kind !== "breakpoint" || stop.address !== address) return stop;
        if (stop.task === task && task.regs.rsp >= sp) return { kind: "done" };
        // Another thread or a recursion came by.
        if (!own) return stop;
        if (this.stopping) return { kind: "interrupted" };
      }
    } finally {
      if (own) breakpoints.delete(address);
    }
  }
  /** One instruction, or a whole call. */
  async next(task: Task, look: Look): Promise<Stop> {
    const rip = Number(task.regs.rip);
    const insn = insnAt(look, rip);
    const whole = insn?.row.mnemonic === "CALL" || (insn !== undefined && insn.rep !== 0 && insn.row.repeat !== "");
    if (!insn || !whole) return this.debuggee.step(task);
    return this.runTo(task, rip + insn.length, task.regs.rsp);
  }
  /** Until the innermost function has returned. */
  async finish(task: Task, frames: readonly Frame[]): Promise<Stop | undefined> {
    const [inner, outer] = frames;
    return outer ? this.runTo(task, outer.pc, inner.cfa) : undefined;
  }
  /**
   * Goes on until something stops it. `speed`: instructions a frame (Infinity: all that can be); asked again each time.
   * `between`: called whenever it stands still for a moment.
   */
  async animate(speed: () => number, between: () => void): Promise<Stop> {
    this.begin();
    let due = this.pace.now();
    for (;;) {
      const steps = speed();
      const begun = this.pace.now();
      const count = steps === Infinity ? this.piece : Math.max(1, steps);
      const stop = await this.runOn({ position: this.debuggee.position + count });
      const passed = this.pace.now() - begun;
      between();
      if (stop.kind !== "done") return stop;
      if (this.stopping) return { kind: "interrupted" };
      if (steps === Infinity) {
        this.piece = adapted(this.piece, passed);
        await this.pace.sleep(0);
      } else {
        // By the clock: what a frame was late is made up for in the next one, but not more.
        const now = this.pace.now();
        due = Math.max(due + FRAME / Math.min(1, steps), now - FRAME);
        await this.pace.sleep(Math.max(0, due - now));
      }
      if (this.stopping) return { kind: "interrupted" };
    }
  }
}

/** At most twice or half as many instructions as before: a piece may also have waited. */
function adapted(piece: number, passed: number): number {
  const factor = Math.min(2, Math.max(0.5, PIECE / Math.max(passed, 0.01)));
  return Math.round(Math.min(MOST_PIECE, Math.max(LEAST_PIECE, piece * factor)));
}
