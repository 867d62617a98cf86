/**
 * pid_namespaces(7). The kernel itself counts tasks with numbers of the machine; a namespace other than the initial one has
 * numbers of its own for the tasks in it and below it. Numbers are translated where they come in (the "pid" arguments of
 * system calls) and where they go out.
 */
import type { Process } from "./process.ts";
import type { UserNs } from "./user-ns.ts";

const PID_MAX = 0x400000;
/** What a number that names nothing is translated to: no task has it. */
export const NO_PID = 0x7ffffffe;

export class PidNs {
  readonly kind = "pid";
  readonly level: number;
  /** Its first process: when that ends, all others are killed. */
  init: Process | undefined;
  /** No process can be made any more. */
  dead = false;
  private last = 0;
  private readonly inside = new Map<number, number>();
  private readonly outside = new Map<number, number>();

  constructor(
    readonly ino: number,
    readonly owner: UserNs,
    readonly parent?: PidNs,
  ) {
    this.level = parent ? parent.level + 1 : 0;
  }
  isWithin(other: PidNs): boolean {
    for (let ns: PidNs | undefined = this; ns; ns = ns.parent) if (ns === other) return true;
    return false;
  }
  /** A task of this namespace has come; `pid` is the machine's. */
  add(pid: number): void {
    for (let ns: PidNs = this; ns.parent; ns = ns.parent) ns.number(pid);
  }
  private number(pid: number): void {
    do this.last = this.last >= PID_MAX ? 300 : this.last + 1;
    while (this.inside.has(this.last));
    this.inside.set(this.last, pid);
    this.outside.set(pid, this.last);
  }
  remove(pid: number): void {
    for (let ns: PidNs = this; ns.parent; ns = ns.parent) {
      const number = ns.outside.get(pid);
      if (number !== undefined) ns.inside.delete(number);
      ns.outside.delete(pid);
    }
  }
  /** The number here of a task, group or session; 0 if it cannot be seen from here. */
  shown(pid: number): number {
    return this.parent ? (this.outside.get(pid) ?? 0) : pid;
  }
  /** The machine's number for one of here; negative ones name groups, 0 and -1 mean what they mean. */
  machine(number: number): number {
    if (!this.parent || number === 0 || number === -1) return number;
    const pid = this.inside.get(Math.abs(number)) ?? NO_PID;
    return number < 0 ? -pid : pid;
  }
}
