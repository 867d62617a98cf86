import fs from "node:fs";
import type { WriteStream } from "node:tty";
import { EAGAIN } from "../../abi/errno.ts";
import { major, S_IFCHR, S_IFIFO, S_IFMT, S_IFSOCK } from "../../abi/stat.ts";
import type { HostStat, HostStream } from "../../host/types.ts";
import { attempt } from "./errno.ts";
import { NodeFs } from "./fs.ts";
import { NodeInput } from "./input.ts";

const files = new NodeFs();
/** Devices of memory: /dev/null, /dev/zero and the like (major.h). */
const MAJOR_MEM = 1;

/** Standard input, output or error of this process. */
export class NodeStream implements HostStream {
  readonly isTty: boolean;
  /** In cooked mode the host's terminal driver edits lines and makes signals. */
  readonly cooks = true;
  onReady: (() => void) | undefined;
  private input: NodeInput | undefined;
  private readonly mode: number;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly fd: number,
    private readonly wake: () => void,
  ) {
    const st = files.fstat(fd);
    this.mode = typeof st === "number" ? 0 : st.mode;
    const isChar = (this.mode & S_IFMT) === S_IFCHR;
    // To ask costs a short program some 10 ms, which one whose input is /dev/null need not pay.
    const isNull = process.platform === "linux" && typeof st !== "number" && major(st.rdev) === MAJOR_MEM;
    this.isTty = isChar && !isNull && process.getBuiltinModule("node:tty").isatty(fd);
  }
  private get blocks(): boolean {
    const type = this.mode & S_IFMT;
    return this.isTty || type === S_IFIFO || type === S_IFSOCK;
  }
  private get waiting(): NodeInput {
    this.input ??= new NodeInput(this.fd, this.isTty, () => this.ready());
    return this.input;
  }
  private ready(): void {
    this.onReady?.();
    this.wake();
  }

  read(into: Uint8Array): number {
    if (this.blocks) return this.waiting.read(into);
    if (into.length === 0) return 0;
    const n = attempt(() => fs.readSync(this.fd, into, 0, into.length, null));
    if (n > 0) this.moved(n);
    return n;
  }
  readable(): boolean {
    return this.blocks ? this.waiting.readable() : true;
  }
  write(from: Uint8Array): number {
    if (from.length === 0) return 0;
    const n = attempt(() => fs.writeSync(this.fd, from, 0, from.length, null));
    if (n > 0) this.moved(n);
    // Someone made the pipe non-blocking and it is full; node:fs cannot wait for it, so time must.
    if (n === -EAGAIN) this.retry ??= setTimeout(() => this.retried(), 2);
    return n;
  }
  private retried(): void {
    this.retry = undefined;
    this.ready();
  }
  size(): { cols: number; rows: number } {
    this.sizer ??= terminalForSize();
    const [cols, rows] = this.sizer?.getWindowSize() ?? [80, 24];
    return { cols, rows };
  }
  private sizer: WriteStream | undefined;
  /** The window changed: streams ask for their size only when they are made. */
  resized(): void {
    this.sizer?.destroy();
    this.sizer = undefined;
  }
  /** As the guest wants it. */
  private raw = false;
  setRaw(raw: boolean): void {
    if (!this.isTty || raw === this.raw) return;
    this.raw = raw;
    this.waiting.setRaw(raw);
  }
  /** Runs `fn` with the terminal as it was found. */
  withoutRaw(fn: () => void): void {
    if (this.raw) this.waiting.setRaw(false);
    fn();
    if (this.raw) this.waiting.setRaw(true);
  }
  stat(): HostStat | number {
    return files.fstat(this.fd);
  }
  close(): void {
    if (this.retry) clearTimeout(this.retry);
    // Node would do it when it exits, but not when it dies by a signal as the guest did.
    this.setRaw(false);
    this.input?.close();
    if (this.fd > 2) attempt(() => fs.closeSync(this.fd));
  }

  /** Bytes moved by read and write, added to where the descriptor stood at the start. */
  private offset: number | undefined;
  private startOffset(): number {
    if (this.offset === undefined) {
      const info = attempt(() => fs.readFileSync(`/proc/self/fdinfo/${this.fd}`, "latin1"));
      this.offset = typeof info === "string" ? Number(/^pos:\s*(\d+)/.exec(info)?.[1] ?? 0) : 0;
    }
    return this.offset;
  }
  private moved(n: number): void {
    if (this.offset !== undefined) this.offset += n;
  }
  get file(): HostStream["file"] {
    if ((this.mode & S_IFMT) !== 0o100000) return undefined;
    const { fd } = this;
    return {
      offset: this.startOffset(),
      pread: (into, at) => files.pread(fd, into, at),
      pwrite: (from, at) => files.pwrite(fd, from, at),
      truncate: (size) => files.ftruncate(fd, size),
    };
  }
  get name(): string | undefined {
    const target = attempt(() => fs.readlinkSync(`/proc/self/fd/${this.fd}`, { encoding: "latin1" }));
    return typeof target === "string" ? target : undefined;
  }
}

/** A stream on any terminal among the standard descriptors, only to ask for its size. */
function terminalForSize(): WriteStream | undefined {
  const tty = process.getBuiltinModule("node:tty");
  const fd = [1, 2, 0].find((n) => tty.isatty(n));
  if (fd === undefined) return undefined;
  const stream = new tty.WriteStream(fd);
  stream.unref();
  return stream;
}
