/**
 * One connection of GDB's remote protocol: bytes in, bytes out. The machine stands still but for the packets that resume
 * it. Nothing that comes in can do more than the protocol allows, and nothing that is wrong ends the session.
 */
import { SIGKILL } from "../../abi/signal.ts";
import { kernelInfo, sendToProcess } from "../../kernel/send.ts";
import type { Task } from "../../kernel/task.ts";
import type { OutsideFiles } from "../outside.ts";
import type { Debuggee } from "../types.ts";
import { commands } from "./commands.ts";
import { GuestFiles } from "./files.ts";
import { Inferiors, type ThreadId } from "./inferiors.ts";
import { monitor } from "./monitor.ts";
import { encodePacket, hexToText, PacketReader, textToHex } from "./packet.ts";
import { type Action, Resumer } from "./resume.ts";
import type { Client } from "./stop-reply.ts";
import type { Subject } from "./xfer.ts";

/** How a session ended: the program goes on alone, was killed, or waits for the next debugger. */
export type Ending = "detached" | "killed" | "closed";

const ANY: ThreadId = { pid: 0, tid: 0 };
/** Packets that wait while the machine runs: GDB sends none, so these are somebody else's. */
const MOST_WAITING = 64;

export class Session {
  readonly inferiors: Inferiors;
  readonly resumer: Resumer;
  readonly files: GuestFiles;
  readonly client: Client = { swbreak: false, hwbreak: false, fork: false, vfork: false, exec: false };
  /** What `Hg` and `Hc` set. */
  general: ThreadId = ANY;
  toResume: ThreadId = ANY;
  /** Resolves when GDB is done with the program, or gone. */
  readonly over: Promise<Ending>;
  private finish: (ending: Ending) => void = () => {};
  private readonly reader = new PacketReader();
  private acknowledges = true;
  private last: Uint8Array | undefined;
  private readonly waiting: string[] = [];
  private working = false;
  private running = false;
  private ending: Ending | undefined;

  constructor(
    readonly debuggee: Debuggee,
    outside: OutsideFiles,
    private readonly send: (bytes: Uint8Array) => void,
  ) {
    const { kernel } = debuggee.machine;
    this.inferiors = new Inferiors(debuggee);
    this.resumer = new Resumer(debuggee, this.inferiors, this.client);
    this.files = new GuestFiles(outside, (pid) => kernel.processes.get(pid)?.leader);
    this.over = new Promise((resolve) => {
      this.finish = resolve;
    });
    const first = debuggee.task ?? [...kernel.tasks.values()][0];
    if (first) this.inferiors.add(first.process);
  }

  /** Bytes from GDB. */
  feed(bytes: Uint8Array): void {
    for (const received of this.reader.feed(bytes)) {
      if (received.kind === "packet") this.arrived(received.text);
      else if (received.kind === "damaged" && this.acknowledges) this.send(Uint8Array.of(0x2d));
      else if (received.kind === "nak" && this.last && this.acknowledges) this.send(this.last);
      else if (received.kind === "interrupt" && this.running) this.debuggee.interrupt();
    }
  }
  /** The connection is gone. What is still debugged waits for the next one. */
  closed(): void {
    this.end(this.inferiors.size === 0 ? "detached" : "closed");
  }
  private arrived(text: string): void {
    if (this.acknowledges) this.send(Uint8Array.of(0x2b));
    if (this.waiting.length < MOST_WAITING) this.waiting.push(text);
    if (!this.working) void this.work();
  }
  private async work(): Promise<void> {
    this.working = true;
    for (let text = this.waiting.shift(); text !== undefined && !this.ending; text = this.waiting.shift())
      await this.answer(text);
    this.working = false;
    if (this.ending) this.leave(this.ending);
  }
  private async answer(text: string): Promise<void> {
    let reply: string | undefined;
    try {
      reply = await commands(this, text);
    } catch (e) {
      // A packet must not end the machine, whatever is wrong with it or with us.
      this.debuggee.machine.kernel.log(`gdb: packet ${JSON.stringify(text.slice(0, 80))}: ${e}`);
      reply = "E01";
    }
    if (reply !== undefined) this.reply(reply);
  }
  private reply(text: string): void {
    this.last = encodePacket(text);
    this.send(this.last);
  }
  private end(ending: Ending): void {
    this.ending ??= ending;
    if (this.running) this.debuggee.interrupt();
    // Who works leaves when that is done.
    if (!this.working) this.leave(this.ending);
  }
  private leave(ending: Ending): void {
    this.files.closeAll();
    this.inferiors.clear();
    this.finish(ending);
  }

  // -- what commands do

  get task(): Task | undefined {
    return this.inferiors.find(this.general) ?? this.inferiors.current();
  }
  taskNamed(id: string): Task | undefined {
    const parsed = Inferiors.parse(id);
    return parsed && this.inferiors.find(parsed);
  }
  get subject(): Subject {
    return { inferiors: this.inferiors, task: this.task, signalOf: (task) => this.resumer.signalOf(task) };
  }
  async resume(actions: readonly Action[]): Promise<string> {
    this.running = true;
    try {
      const { reply, task } = await this.resumer.resume(actions);
      if (task) this.general = { pid: task.process.pid, tid: task.tid };
      return reply;
    } finally {
      this.running = false;
    }
  }
  async monitor(hex: string): Promise<string> {
    const line = hexToText(hex);
    return line === undefined ? "E01" : textToHex(await monitor(this.debuggee, this.inferiors, line));
  }
  stopAcknowledging(): string {
    // The reply to this is still acknowledged, which nobody waits for.
    this.acknowledges = false;
    return "OK";
  }
  /** Lets one process go on alone, or all. */
  detach(pid: number | undefined): string {
    if (pid !== undefined && !this.inferiors.has(pid)) return "E01";
    if (pid === undefined) this.inferiors.clear();
    else this.inferiors.remove(pid);
    if (this.inferiors.size === 0) this.ending = "detached";
    return "OK";
  }
  /** Kills all processes that are debugged. */
  killAll(): void {
    for (const pid of this.inferiors.pids) this.kill(pid);
  }
  kill(pid: number): boolean {
    const process = this.debuggee.machine.kernel.processes.get(pid);
    if (!process || !this.inferiors.has(pid)) return false;
    if (!this.debuggee.fixed) {
      sendToProcess(process, kernelInfo(SIGKILL));
      this.debuggee.changed();
    }
    this.inferiors.remove(pid);
    if (this.inferiors.size === 0) this.ending = "killed";
    return true;
  }
}
