import { EAGAIN, EINVAL, EIO, ENOTTY } from "../../abi/errno.ts";
import * as I from "../../abi/ioctl.ts";
import { POLLHUP, POLLIN, POLLOUT, POLLPRI } from "../../abi/poll.ts";
import { SIGCONT, SIGHUP } from "../../abi/signal.ts";
import * as T from "../../abi/termios.ts";
import { BaseFile } from "../../vfs/file.ts";
import { type File, type Inode, type IoctlMemory, WaitQueue } from "../../vfs/types.ts";
import { Tty, type TtyPort } from "./tty.ts";

/** Bytes that programs may have written and the master not read yet. */
const BUFFER = 65536;
const CTRL_S = 0x13;
const CTRL_Q = 0x11;

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
  /** TIOCPKT: what happens to the slave is told to the master in bytes between the data (ioctl_tty(2)). */
  private packets = false;
  private news = 0;
  /** The slave's modes let ^S and ^Q hold output. */
  private controlled = true;

  get packetMode(): boolean {
    return this.packets;
  }
  set packetMode(on: boolean) {
    if (on && !this.packets) this.news = 0;
    this.packets = on;
  }
  private tell(bits: number, instead = 0): void {
    if (!this.packets) return;
    this.news = (this.news & ~instead) | bits;
    this.masterQueue.wake();
  }
  onTermios({ iflag, cc }: T.Termios): void {
    const controlled = (iflag & T.IXON) !== 0 && cc[T.VSTOP] === CTRL_S && cc[T.VSTART] === CTRL_Q;
    if (controlled !== this.controlled)
      this.tell(controlled ? I.TIOCPKT_DOSTOP : I.TIOCPKT_NOSTOP, I.TIOCPKT_DOSTOP | I.TIOCPKT_NOSTOP);
    this.controlled = controlled;
  }
  onFlow(stopped: boolean): void {
    this.tell(stopped ? I.TIOCPKT_STOP : I.TIOCPKT_START, I.TIOCPKT_STOP | I.TIOCPKT_START);
  }
  onFlush(input: boolean, output: boolean): void {
    this.tell((input ? I.TIOCPKT_FLUSHREAD : 0) | (output ? I.TIOCPKT_FLUSHWRITE : 0));
  }
  get urgent(): boolean {
    return this.packets && this.news !== 0;
  }
  /** The master reads. 0: nothing is there. */
  read(into: Uint8Array): number {
    if (!this.packets) return this.take(into);
    if (this.news === 0 && this.held === 0) return 0;
    into[0] = this.news;
    const data = this.news === I.TIOCPKT_DATA;
    this.news = 0;
    return data ? 1 + this.take(into.subarray(1)) : 1;
  }
  /** The master throws away what it has not read. */
  drop(): void {
    this.chunks = [];
    this.held = 0;
  }

  write(bytes: Uint8Array): number {
    if (this.held >= BUFFER) return -EAGAIN;
    if (bytes.length > 0) this.chunks.push(bytes.slice());
    this.held += bytes.length;
    this.masterQueue.wake();
    return bytes.length;
  }
  private take(into: Uint8Array): number {
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
    /** TIOCGPTPEER: opens the slave, with no path involved; a File or -errno. */
    readonly openPeer: (flags: number) => File | number,
  ) {
    super(inode, flags);
    this.queue = pty.port.masterQueue;
  }
  private get slaveGone(): boolean {
    return this.pty.port.everOpen && this.pty.port.slaves === 0;
  }
  override read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    const n = this.pty.port.read(into);
    if (n > 0) {
      this.pty.tty.queue.wake();
      return n;
    }
    return this.slaveGone ? -EIO : -EAGAIN;
  }
  override write(from: Uint8Array): number {
    this.pty.tty.input(from);
    return from.length;
  }
  override poll(): number {
    const { waiting, urgent } = this.pty.port;
    const ready = POLLOUT | (waiting > 0 || urgent ? POLLIN : 0) | (urgent ? POLLPRI : 0);
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
      case I.TIOCPKT:
        this.pty.port.packetMode = io.readBytes(arg, 4).some((b) => b !== 0);
        return 0;
      case I.TIOCGPKT:
        return put(this.pty.port.packetMode ? 1 : 0);
      case I.TCFLSH:
        return this.discard(arg);
      case I.TIOCGPGRP:
        return put(this.pty.tty.pgrp);
      case I.TIOCSCTTY:
      case I.TIOCNOTTY:
        return -ENOTTY;
    }
    return this.pty.tty.ioctl(request, arg, io);
  }
  /** Seen from here, input is what the slave wrote. */
  private discard(which: number): number {
    if (which < 0 || which > 2) return -EINVAL;
    if (which !== 1) this.pty.port.drop();
    if (which !== 0) this.pty.tty.ldisc.flushInput();
    this.pty.tty.queue.wake();
    return 0;
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
