/**
 * Recordings in files: a head that says what was started, then pieces of the tape and of the slices' ends as they come, and
 * at last where and how the machine ended.
 */
import { Tape, TapeReader, Truncated } from "./bytes.ts";
import type { Recording } from "./recording.ts";
import { SliceEnds } from "./slice-ends.ts";

const MAGIC = "blink.ts recording\n";
/** Of the format, and of what is asked in which order: another one cannot be replayed. */
const FORMAT = 1;
/** A piece is written when it has so many bytes, or when the last one was written so many milliseconds ago. */
const PIECE = 1 << 16;
const OFTEN = 100;

const TAPE = 1;
const SLICES = 2;
const END = 3;

/** What the machine was made and started with. */
export interface Head {
  version: string;
  program: string;
  argv: string[];
  env: string[];
  cwd: string;
  overlays: string[] | undefined;
  cpu: string | undefined;
  net: string;
  stress: number | undefined;
}

/** How it ended. */
export interface Tail {
  /** Instructions. */
  position: number;
  code: number;
  signal: number;
}

/** The file cannot be replayed: why. */
export class BadRecording extends Error {}

/** Writes a recording while it grows, and forgets what was written. */
export class RecordingWriter {
  private written = 0;
  private flushed: number;
  private finished = false;

  /** `now`: milliseconds. */
  constructor(
    private readonly recording: Recording,
    head: Head,
    private readonly sink: (bytes: Uint8Array) => void,
    private readonly now: () => number,
  ) {
    this.flushed = now();
    recording.tap.onIdle = () => {
      if (now() - this.flushed >= OFTEN) this.flush();
    };
    const t = new Tape();
    for (let i = 0; i < MAGIC.length; i++) t.u8(MAGIC.charCodeAt(i));
    t.uint(FORMAT);
    t.text(JSON.stringify(head));
    sink(t.slice(0));
  }
  /** Decides when slices end, for the machine; and writes when there is enough. */
  readonly pace = {
    left: (position: number): number | undefined => this.recording.ends.left(position),
    over: (position: number): void => {
      this.recording.ends.over(position);
      if (this.recording.tap.tape.length > PIECE) this.flush();
    },
  };
  private piece(kind: number, fill: (t: Tape) => void): void {
    const body = new Tape();
    fill(body);
    const t = new Tape();
    t.u8(kind);
    t.block(body.slice(0));
    this.sink(t.slice(0));
  }
  /** Writes what there is: also when all is lost. */
  flush(): void {
    const { tap, ends } = this.recording;
    this.flushed = this.now();
    if (this.finished || tap.tape.length + ends.positions.length === 0) return;
    this.piece(SLICES, (t) => {
      for (const p of ends.positions) {
        t.uint(p - this.written);
        this.written = p;
      }
    });
    this.piece(TAPE, (t) => t.raw(tap.tape.slice(0)));
    ends.forget();
    tap.forget();
  }
  /** The machine has ended. */
  finish(tail: Tail): void {
    this.flush();
    this.finished = true;
    this.piece(END, (t) => {
      t.uint(tail.position);
      t.uint(tail.code);
      t.uint(tail.signal);
    });
  }
}

export interface ReadRecording {
  head: Head;
  tape: Tape;
  ends: SliceEnds;
  /** Undefined: the end is missing. */
  tail: Tail | undefined;
}

/** Throws BadRecording. What is there of a file that is cut off is used. */
export function readRecording(bytes: Uint8Array): ReadRecording {
  const file = new Tape();
  file.raw(bytes);
  const from = new TapeReader(file);
  const head = readHead(from);
  const tape = new Tape();
  const positions: number[] = [];
  let tail: Tail | undefined;
  try {
    while (!from.ended) {
      const kind = from.u8();
      const length = from.uint();
      const piece = new Tape();
      // The last one of a file that is cut off ends in the middle of an entry: so does the replay.
      piece.raw(from.raw(Math.min(length, from.left)));
      const r = new TapeReader(piece);
      if (kind === TAPE) tape.raw(piece.slice(0));
      else if (kind === SLICES) while (!r.ended) positions.push((positions.at(-1) ?? 0) + r.uint());
      else if (kind === END) tail = { position: r.uint(), code: r.uint(), signal: r.uint() };
      else throw new BadRecording(`the recording is damaged at byte ${from.at}`);
    }
  } catch (error) {
    if (!(error instanceof Truncated)) throw error;
  }
  return { head, tape, ends: new SliceEnds(positions), tail };
}

function readHead(from: TapeReader): Head {
  try {
    for (let i = 0; i < MAGIC.length; i++) {
      if (from.u8() !== MAGIC.charCodeAt(i)) throw new BadRecording("this is no recording of blink.ts");
    }
    const format = from.uint();
    if (format !== FORMAT) throw new BadRecording(`the recording has format ${format}; this version knows ${FORMAT}`);
    // Written by `RecordingWriter`, in this format.
    return JSON.parse(from.text()) as Head;
  } catch (error) {
    if (error instanceof Truncated) throw new BadRecording("the recording ends before it begins");
    throw error;
  }
}
