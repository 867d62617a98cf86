/** Standard streams and inherited ones through a tap. */
import type { HostStream } from "../host/types.ts";
import { BOOL, type Codec, NUMBER, optional, orError, STAT, TEXT } from "./codecs.ts";
import type { Tap } from "./tap.ts";

interface Kind {
  isTty: boolean;
  cooks: boolean;
  stat: boolean;
}
const KIND: Codec<Kind> = {
  write: (t, v) => [v.isTty, v.cooks, v.stat].forEach((b) => void BOOL.write(t, b)),
  read: (r) => ({ isTty: BOOL.read(r), cooks: BOOL.read(r), stat: BOOL.read(r) }),
};
const SIZE: Codec<{ cols: number; rows: number }> = {
  write: (t, v) => {
    t.num(v.cols);
    t.num(v.rows);
  },
  read: (r) => ({ cols: r.num(), rows: r.num() }),
};

/** `live`: undefined where there is nothing but the tape; `nth`: what it is called in `Tap.onOutput`. */
export class TapStream implements HostStream {
  readonly isTty: boolean;
  readonly cooks: boolean;
  onReady: (() => void) | undefined;
  stat: HostStream["stat"];

  constructor(
    private readonly tap: Tap,
    private readonly nth: number,
    private readonly live: () => HostStream,
  ) {
    const kind = tap.ask("stream-kind", KIND, () => {
      const s = live();
      return { isTty: s.isTty, cooks: s.cooks ?? false, stat: s.stat !== undefined };
    });
    this.isTty = kind.isTty;
    this.cooks = kind.cooks;
    const id = tap.receive(() => this.onReady?.());
    if (tap.live) {
      // One stream of the host's may be several of the machine's, as an embedded terminal is.
      const stream = live();
      const { onReady } = stream;
      stream.onReady = () => {
        onReady?.();
        tap.arrive(id);
      };
    }
    if (kind.stat) this.stat = () => tap.ask("stream-stat", orError(STAT), () => live().stat?.() ?? -1);
  }
  read(into: Uint8Array): number {
    return this.tap.fill("stream-read", into, () => this.live().read(into));
  }
  write(from: Uint8Array): number {
    const { tap } = this;
    const again = tap.replaying;
    const n = tap.ask("stream-write", NUMBER, () => this.live().write(from));
    if (again && n > 0) tap.output(this.nth, from.subarray(0, n));
    return n;
  }
  readable(): boolean {
    return this.tap.ask("readable", BOOL, () => this.live().readable());
  }
  size(): { cols: number; rows: number } {
    return this.tap.ask("size", SIZE, () => this.live().size());
  }
  setRaw(raw: boolean): void {
    this.tap.act(() => this.live().setRaw(raw));
  }
  get file(): HostStream["file"] {
    const { tap, live } = this;
    const offset = tap.ask("stream-file", optional(NUMBER), () => live().file?.offset);
    if (offset === undefined) return undefined;
    return {
      offset,
      pread: (into, at) => tap.fill("pread-stream", into, () => live().file?.pread(into, at) ?? -1),
      pwrite: (from, at) => tap.ask("pwrite-stream", NUMBER, () => live().file?.pwrite(from, at) ?? -1),
      truncate: (size) => tap.ask("truncate-stream", NUMBER, () => live().file?.truncate(size) ?? -1),
    };
  }
  get name(): string | undefined {
    return this.tap.ask("stream-name", optional(TEXT), () => this.live().name);
  }
  close(): void {
    this.tap.act(() => this.live().close());
  }
}
