import { EAGAIN, EIO, ENOTTY } from "../../abi/errno.ts";
import * as I from "../../abi/ioctl.ts";
import { POLLHUP, POLLIN, POLLOUT } from "../../abi/poll.ts";
import { SIGCONT, SIGHUP } from "../../abi/signal.ts";
import { BaseFile } from "../../vfs/file.ts";
import { type Inode, type IoctlMemory, WaitQueue } from "../../vfs/types.ts";
import { Tty, type TtyPort } from "./tty.ts";

/** Bytes that programs may have written and the master not read yet. */
const BUFFER = 65536;

/** The master's side of a pseudo-terminal (pty(7)), as the slave's terminal sees it. */
class PtyPort implements TtyPort {
  private chunks: Uint8Array[] = [];
  private held = 0;
  private window = { cols: 0, rows: 0 };
  /** Woken when there is something for the master to read, or the slave is gone. */
  readonly masterQueue = new WaitQueue();
  masterOpen = true;
  /** Open descriptions of the slave; `everOpen`: a master reads EIO only after the last one is gone. */
  slaves = 0;
  everOpen = false;

  write(bytes: Uint8Array): number {
    if (this.held >= BUFFER) return -EAGAIN;
    if (bytes.length > 0) this.chunks.push(bytes.slice());
    this.held += bytes.length;
    this.masterQueue.wake();
    return bytes.length;
  }
  /** The master reads. */
  take(into: Uint8Array): number {
    let n = 0;
    while (n < into.length && this.chunks.length > 0) {
      const first = this.chunks[0];
      const part = first.subarray(0, into.length - n);
      into.set(part, n);
      n += part.length;
      if (part.length === first.length) this.chunks.shift();
      else this.chunks[0] = first.subarray(part.length);
    }
    this.held -= n;
    return n;
  }
  get waiting(): number {
    return this.held;
  }
  size(): { cols: number; rows: number } {
    return this.window;
  }
  setSize(size: { cols: number; rows: number }): void {
    this.window = size;
  }
  hungUp(): boolean {
    return !this.masterOpen;
  }
}

/** A pair of master and slave. */
export class Pty {
  readonly port = new PtyPort();
  readonly tty: Tty;
  /** TIOCSPTLCK: the slave cannot be opened yet. */
  locked = true;

  constructor(
    readonly number: number,
    dev: number,
  ) {
    this.tty = new Tty(this.port, dev);
  }
  slaveOpened(): void {
    this.port.slaves++;
    this.port.everOpen = true;
  }
  slaveClosed(): void {
    if (--this.port.slaves === 0) this.port.masterQueue.wake();
  }
}

/** The master's descriptor: what /dev/ptmx gives. */
export class PtyMaster extends BaseFile {
  override readonly queue: WaitQueue;
  constructor(
    inode: Inode,
    flags: number,
    readonly pty: Pty,
    private readonly onClose: () => void,
  ) {
    super(inode, flags);
    this.queue = pty.port.masterQueue;
  }
  private get slaveGone(): boolean {
    return this.pty.port.everOpen && this.pty.port.slaves === 0;
  }
  override read(into: Uint8Array): number {
    const n = this.pty.port.take(into);
    if (n > 0) this.pty.tty.queue.wake();
    if (n > 0 || into.length === 0) return n;
    return this.slaveGone ? -EIO : -EAGAIN;
  }
  override write(from: Uint8Array): number {
    this.pty.tty.input(from);
    return from.length;
  }
  override poll(): number {
    const ready = this.pty.port.waiting > 0 ? POLLIN | POLLOUT : POLLOUT;
    return this.slaveGone ? ready | POLLHUP : ready;
  }
  ioctl(request: number, arg: number, io: IoctlMemory): number {
    const put = (v: number) => {
      io.writeBytes(arg, new Uint8Array(Int32Array.of(v).buffer));
      return 0;
    };
    switch (request) {
      case I.TIOCGPTN:
        return put(this.pty.number);
      case I.TIOCSPTLCK:
        this.pty.locked = io.readBytes(arg, 4).some((b) => b !== 0);
        return 0;
      case I.TIOCGPTLCK:
        return put(this.pty.locked ? 1 : 0);
      case I.FIONREAD:
        return put(this.pty.port.waiting);
      case I.TIOCGPGRP:
        return put(this.pty.tty.pgrp);
      case I.TIOCSCTTY:
      case I.TIOCNOTTY:
        return -ENOTTY;
    }
    return this.pty.tty.ioctl(request, arg, io);
  }
  override close(): void {
    const { tty, port } = this.pty;
    port.masterOpen = false;
    tty.signal(SIGHUP);
    tty.signal(SIGCONT);
    tty.queue.wake();
    this.onClose();
  }
}
