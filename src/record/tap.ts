/**
 * Between a machine and its host: what comes from the host is written to a tape, or comes from the tape without the host
 * being asked. The tape is replayed as far as it goes, and then recording begins: so a machine that was set back runs
 * through what was recorded into the present.
 *
 * What the host calls by itself (input, signals, network) reaches the machine only inside `sleep`, and in the tape's order.
 */
import type { Host, HostConnection, HostDatagrams } from "../host/types.ts";
import { Tape, TapeReader } from "./bytes.ts";
import { BYTES, type Codec, NUMBER } from "./codecs.ts";

/** What is asked of a host; the first byte of each entry. Recordings know these by number: append only. */
export const ASK = [
  "realtime monotonic random sleep event suspend present ids inherited stream-kind stream-read stream-write readable",
  "size stream-stat stream-file stream-name pread-stream pwrite-stream truncate-stream stat open close fstat pread pwrite",
  "ftruncate fsync readdir readlink mkdir rmdir unlink rename link symlink chmod chown utimes truncate statfs access",
  "mknod fchmod fchown futimes interfaces connection-read connection-write watch now counters",
]
  .join(" ")
  .split(" ");
const CODES = new Map(ASK.map((name, i) => [name, i]));
const SLEEP = CODES.get("sleep") as number;
const EVENT = CODES.get("event") as number;

/** The machine asked for something else than what was recorded. */
export class Diverged extends Error {}

/** Something that the host may call: reads what came with the call from the tape, and tells the machine. */
export type Receiver = (from: TapeReader) => void;

/** What belongs to the machine's state: goes back with it. */
export class TapState {
  /** Names receivers and what they brought. */
  nextId = 1;
  readonly receivers = new Map<number, Receiver>();
  onSignal: ((signo: number) => void) | undefined;
}

/** A place in a recording. */
export interface Mark {
  at: number;
  realtime: bigint;
  monotonic: bigint;
}

/** What stands for something of the host's that the machine holds. */
interface Outside {
  connections: Map<number, HostConnection>;
  datagrams: Map<number, HostDatagrams>;
  /** What ends a watch, an attempt to connect or a listener. */
  endings: Map<number, () => void>;
}

/** Events of the host get a turn at least this often while a tape is replayed, calls of `sleep`. */
const BREATHS = 64;

export class Tap {
  readonly state = new TapState();
  readonly outside: Outside = { connections: new Map(), datagrams: new Map(), endings: new Map() };
  private readonly reader: TapeReader;
  private realtime = 0n;
  private monotonic = 0n;
  private sleeping = false;
  private apart = false;
  private breaths = 0;
  private readonly early: (() => void)[] = [];
  /** Told the bytes that a stream was given while the tape is replayed: once, also if that is gone back over. */
  onOutput: ((stream: number, bytes: Uint8Array) => void) | undefined;
  /** Up to here output was told. */
  private told = 0;
  /** Called when the machine is about to sleep, if only for a moment. */
  onIdle: (() => void) | undefined;
  /** For messages: where the machine is. */
  position: () => number = () => 0;

  /** `live`: undefined if there is nothing but the tape. */
  constructor(
    readonly live: Host | undefined,
    readonly tape = new Tape(),
  ) {
    this.reader = new TapeReader(tape);
  }
  /** What comes next is on the tape. */
  get replaying(): boolean {
    return !this.live || !this.reader.ended;
  }
  get mark(): Mark {
    return {
      at: this.replaying ? this.reader.at : this.tape.length,
      realtime: this.realtime,
      monotonic: this.monotonic,
    };
  }
  /** Goes to a place that `mark` told. */
  seek(to: Mark): void {
    this.reader.at = to.at;
    this.realtime = to.realtime;
    this.monotonic = to.monotonic;
  }
  /** Forgets what is on the tape: it is kept elsewhere. */
  forget(): void {
    this.tape.length = this.reader.at = 0;
  }
  /** Forgets what comes after here. */
  cut(): void {
    if (this.live) this.tape.length = this.mark.at;
  }

  /** Does something that is no doing of the machine: what it asks the host for is answered live, and not recorded. */
  aside<T>(what: () => T): T {
    const { apart, realtime, monotonic } = this;
    this.apart = true;
    try {
      return what();
    } finally {
      this.apart = apart;
      this.realtime = realtime;
      this.monotonic = monotonic;
    }
  }

  /** One answer of the host: asked for, or out of the tape. */
  ask<T>(name: string, codec: Codec<T>, live: (host: Host) => T): T {
    const code = CODES.get(name) as number;
    const { live: host } = this;
    if (this.apart) return live(this.alive());
    if (host && this.reader.ended) {
      const value = live(host);
      this.tape.u8(code);
      codec.write(this.tape, value);
      this.reader.at = this.tape.length;
      return value;
    }
    this.expect(code);
    return codec.read(this.reader);
  }
  output(stream: number, bytes: Uint8Array): void {
    if (this.reader.at <= this.told) return;
    this.told = this.reader.at;
    this.onOutput?.(stream, bytes);
  }
  private alive(): Host {
    if (!this.live) throw new Error("the recording has no answer to what was not asked then");
    return this.live;
  }
  private expect(code: number): void {
    const found = this.reader.u8();
    if (found === code) return;
    const is = ASK[found] ?? `entry ${found}`;
    throw new Diverged(`at instruction ${this.position()}: asked for ${ASK[code]}, recorded is ${is}`);
  }
  /** A count of bytes with the bytes, or an error. */
  fill(name: string, into: Uint8Array, live: (host: Host) => number): number {
    const host = this.live;
    if (this.apart) return live(this.alive());
    if (host && this.reader.ended) {
      const n = live(host);
      this.tape.u8(CODES.get(name) as number);
      this.tape.num(n);
      if (n > 0) this.tape.raw(into.subarray(0, n));
      this.reader.at = this.tape.length;
      return n;
    }
    this.expect(CODES.get(name) as number);
    const n = this.reader.num();
    if (n > into.length)
      throw new Diverged(`at instruction ${this.position()}: ${name} of ${n} bytes into ${into.length}`);
    if (n > 0) into.set(this.reader.raw(n));
    return n;
  }
  /** Something that has no answer: done unless it was done when it was recorded. */
  act(live: (host: Host) => void): void {
    if (this.live && !this.replaying) live(this.live);
  }
  readonly clock = {
    realtime: (): bigint => {
      this.realtime += BigInt(this.ask("realtime", NUMBER, (h) => Number(h.clock.realtime() - this.realtime)));
      return this.realtime;
    },
    monotonic: (): bigint => {
      this.monotonic += BigInt(this.ask("monotonic", NUMBER, (h) => Number(h.clock.monotonic() - this.monotonic)));
      return this.monotonic;
    },
  };
  random(bytes: Uint8Array): void {
    const got = this.ask("random", BYTES, (h) => {
      h.random(bytes);
      return bytes;
    });
    bytes.set(got);
  }

  // -- what the host calls

  /** A new name for a receiver. */
  receive(receiver: Receiver): number {
    const id = this.state.nextId++;
    this.state.receivers.set(id, receiver);
    return id;
  }
  /** The host called: the machine hears of it when it sleeps. `write` puts what came with it on the tape. */
  arrive(id: number, write: (tape: Tape) => void = () => {}): void {
    const deliver = (): void => {
      if (!this.state.receivers.has(id)) return;
      this.tape.u8(EVENT);
      this.tape.uint(id);
      write(this.tape);
      this.reader.at++;
      this.dispatch();
    };
    if (this.sleeping) deliver();
    else {
      this.early.push(deliver);
      this.live?.wake();
    }
  }
  /** An event's entry is next, its code read. */
  private dispatch(): void {
    const id = this.reader.uint();
    const receiver = this.state.receivers.get(id);
    if (!receiver) throw new Diverged(`at instruction ${this.position()}: event for ${id}, which nobody waits for`);
    receiver(this.reader);
  }
  async sleep(ms: number): Promise<void> {
    const { live } = this;
    if (live && this.reader.ended) {
      this.onIdle?.();
      this.sleeping = true;
      try {
        const early = this.early.splice(0);
        for (const deliver of early) deliver();
        await live.sleep(early.length ? 0 : ms);
      } finally {
        this.sleeping = false;
      }
      this.tape.u8(SLEEP);
      this.reader.at = this.tape.length;
      return;
    }
    // Whoever looks on from outside has a turn now and then.
    if (++this.breaths % BREATHS === 0) await live?.sleep(0);
    while (this.reader.peek() === EVENT) {
      this.reader.u8();
      this.dispatch();
    }
    this.expect(SLEEP);
  }
  wake(): void {
    this.live?.wake();
  }
}
