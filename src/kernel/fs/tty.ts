import { EAGAIN, EINVAL, EIO, ENOTTY, EPERM } from "../../abi/errno.ts";
import * as I from "../../abi/ioctl.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../../abi/poll.ts";
import { SIGTTIN, SIGTTOU, SIGWINCH } from "../../abi/signal.ts";
import * as T from "../../abi/termios.ts";
import { BaseFile } from "../../vfs/file.ts";
import { type Inode, type IoctlMemory, WaitQueue } from "../../vfs/types.ts";
import { LineDiscipline } from "./ldisc.ts";

/** What a terminal asks of the kernel. */
export interface TtyControl {
  /** Who makes the current call. */
  current(): { pgrp: number; session: number; leader: boolean } | undefined;
  /** False when the group has no member any more. */
  signalGroup(pgrp: number, signo: number): boolean;
  /** True when the caller blocks or ignores this signal: background access then fails or goes on instead of stopping it. */
  ignores(signo: number): boolean;
}

/** What is at the other side of a terminal: the host's terminal, or the master of a pseudo-terminal. */
export interface TtyPort {
  /** Bytes towards the user; count, or -EAGAIN. */
  write(bytes: Uint8Array): number;
  /** With these modes the port does line editing itself: input bypasses the line discipline through `read`. */
  cooks?(t: T.Termios): boolean;
  read?(into: Uint8Array): number;
  readable?(): boolean;
  size(): { cols: number; rows: number };
  setSize?(size: { cols: number; rows: number }): void;
  /** Output for a port that maps newlines by itself and cannot be told not to; undefined if it does not. */
  unmap?(bytes: Uint8Array, t: T.Termios): Uint8Array | undefined;
  onTermios?(t: T.Termios): void;
  /** Output is held, or goes on. */
  onFlow?(stopped: boolean): void;
  /** Input, output or both were thrown away. */
  onFlush?(input: boolean, output: boolean): void;
  /** The other side is gone. */
  hungUp?(): boolean;
}

/** A terminal: modes, foreground group, and the queue on which readers and writers wait. */
export class Tty {
  readonly queue = new WaitQueue();
  readonly ldisc: LineDiscipline;
  /** Foreground process group and the session whose controlling terminal this is; 0: none. */
  pgrp = 0;
  session = 0;
  control: TtyControl | undefined;
  /** TIOCEXCL: only root may open it again. */
  exclusive = false;

  /** `dev`: its number, for /proc/PID/stat. */
  constructor(
    readonly port: TtyPort,
    readonly dev: number,
  ) {
    this.ldisc = new LineDiscipline(
      (bytes) => {
        this.port.write(this.mapped(bytes));
      },
      (signo) => this.signal(signo),
      () => this.port.onFlush?.(true, true),
    );
  }
  get termios(): T.Termios {
    return this.ldisc.termios;
  }
  /** Sends a signal to the foreground group. */
  signal(signo: number): void {
    if (this.pgrp) this.control?.signalGroup(this.pgrp, signo);
  }
  /** Typed bytes. */
  input(bytes: Uint8Array): void {
    const { stopped } = this.ldisc;
    this.ldisc.input(bytes);
    this.tellFlow(stopped);
    this.queue.wake();
  }
  private tellFlow(before: boolean): void {
    const { stopped } = this.ldisc;
    if (stopped !== before) this.port.onFlow?.(stopped);
  }
  private mapped(bytes: Uint8Array): Uint8Array {
    return this.port.unmap?.(bytes, this.termios) ?? this.ldisc.output(bytes);
  }
  private get bypassed(): boolean {
    return this.port.cooks?.(this.termios) ?? false;
  }
  private isController(): boolean {
    const who = this.control?.current();
    return !who || who.session === this.session;
  }
  /** Background processes are stopped when they touch the terminal. 0: go on. */
  private background(signo: number): number {
    const who = this.control?.current();
    if (!who || who.session !== this.session || !this.pgrp || who.pgrp === this.pgrp) return 0;
    if (this.control?.ignores(signo)) return signo === SIGTTIN ? -EIO : 0;
    this.control?.signalGroup(who.pgrp, signo);
    // Waits; the signal stops it there, and SIGCONT makes it try again.
    return -EAGAIN;
  }

  read(into: Uint8Array): number {
    if (this.port.hungUp?.()) return 0;
    const bg = this.background(SIGTTIN);
    if (bg < 0) return bg;
    const n = this.ldisc.read(into);
    if (n !== undefined) return n;
    if (this.bypassed) return this.port.read?.(into) ?? 0;
    this.port.readable?.();
    const { cc, lflag } = this.termios;
    const polls = !(lflag & T.ICANON) && cc[T.VMIN] === 0 && cc[T.VTIME] === 0;
    return this.ldisc.read(into) ?? (polls ? 0 : -EAGAIN);
  }
  /** Nanoseconds after which a read that waits answers 0 (VTIME with VMIN 0). */
  readTimeout(): bigint | undefined {
    const { cc, lflag } = this.termios;
    if (lflag & T.ICANON || cc[T.VMIN] > 0) return undefined;
    return BigInt(cc[T.VTIME]) * 100000000n;
  }
  write(from: Uint8Array): number {
    if (this.port.hungUp?.()) return -EIO;
    const bg = this.termios.lflag & T.TOSTOP ? this.background(SIGTTOU) : 0;
    if (bg < 0) return bg;
    if (this.ldisc.stopped) return -EAGAIN;
    const out = this.mapped(from);
    const n = this.port.write(out);
    if (n < 0 || out.length === from.length) return n;
    // Mapped bytes are written as a whole: ports take all or nothing of what is longer than it was.
    return from.length;
  }
  poll(): number {
    if (this.port.hungUp?.()) return POLLIN | POLLOUT | POLLERR | POLLHUP;
    let mask = this.ldisc.stopped ? 0 : POLLOUT;
    if (this.ldisc.readable || (this.bypassed && this.port.readable?.())) mask |= POLLIN;
    else if (!this.bypassed) this.port.readable?.();
    if (this.ldisc.readable) mask |= POLLIN;
    return mask;
  }

  ioctl(request: number, arg: number, io: IoctlMemory): number {
    if (this.port.hungUp?.()) return request === I.TIOCSPGRP ? -ENOTTY : -EIO;
    const mode = this.modeIoctl(request, arg, io);
    return mode ?? this.jobIoctl(request, arg, io);
  }
  private modeIoctl(request: number, arg: number, io: IoctlMemory): number | undefined {
    switch (request) {
      case I.TCGETS:
        io.writeBytes(arg, T.encodeTermios(this.termios, false));
        return 0;
      case I.TCGETS2:
        io.writeBytes(arg, T.encodeTermios(this.termios, true));
        return 0;
      case I.TCSETS:
      case I.TCSETSW:
      case I.TCSETSF:
      case I.TCSETS2:
      case I.TCSETSW2:
      case I.TCSETSF2: {
        const bg = this.background(SIGTTOU);
        if (bg < 0) return bg;
        if (request === I.TCSETSF || request === I.TCSETSF2) this.ldisc.flushInput();
        const t = T.decodeTermios(io.readBytes(arg, T.TERMIOS_SIZE));
        this.ldisc.setTermios(t);
        this.port.onTermios?.(t);
        this.queue.wake();
        return 0;
      }
      case I.TIOCGWINSZ: {
        const { cols, rows } = this.port.size();
        io.writeBytes(arg, new Uint8Array(Uint16Array.of(rows, cols, 0, 0).buffer));
        return 0;
      }
      case I.TIOCSWINSZ: {
        const b = io.readBytes(arg, 8);
        const size = { rows: b[0] | (b[1] << 8), cols: b[2] | (b[3] << 8) };
        const old = this.port.size();
        this.port.setSize?.(size);
        if (old.rows !== size.rows || old.cols !== size.cols) this.signal(SIGWINCH);
        return 0;
      }
      case I.TCFLSH:
        if (arg > 2 || arg < 0) return -EINVAL;
        if (arg !== 1) this.ldisc.flushInput();
        this.port.onFlush?.(arg !== 1, arg !== 0);
        return 0;
      case I.TCSBRK:
      case I.TCSBRKP:
        return 0;
      case I.TIOCEXCL:
      case I.TIOCNXCL:
        this.exclusive = request === I.TIOCEXCL;
        return 0;
      case I.TIOCGEXCL:
        putInt(io, arg, this.exclusive ? 1 : 0);
        return 0;
      case I.TCXONC: {
        const { stopped } = this.ldisc;
        if (arg === 0 || arg === 1) this.ldisc.stopped = arg === 0;
        this.tellFlow(stopped);
        this.queue.wake();
        return arg >= 0 && arg <= 3 ? 0 : -EINVAL;
      }
      case I.FIONREAD:
        putInt(io, arg, this.ldisc.available);
        return 0;
      case I.TIOCOUTQ:
      case I.TIOCGETD:
        putInt(io, arg, 0);
        return 0;
    }
    return undefined;
  }
  private jobIoctl(request: number, arg: number, io: IoctlMemory): number {
    const who = this.control?.current();
    switch (request) {
      case I.TIOCGPGRP:
        if (!this.isController()) return -ENOTTY;
        putInt(io, arg, this.pgrp);
        return 0;
      case I.TIOCGSID:
        if (!this.isController()) return -ENOTTY;
        putInt(io, arg, this.session);
        return 0;
      case I.TIOCSPGRP: {
        if (!this.isController()) return -ENOTTY;
        const bg = this.background(SIGTTOU);
        if (bg < 0) return bg;
        const pgrp = new DataView(io.readBytes(arg, 4).slice().buffer).getInt32(0, true);
        if (pgrp <= 0) return -EINVAL;
        this.pgrp = pgrp;
        return 0;
      }
      case I.TIOCSCTTY:
        if (!who?.leader) return who && who.session === this.session ? 0 : -EPERM;
        if (this.session && this.session !== who.session && arg !== 1) return -EPERM;
        this.session = who.session;
        this.pgrp = who.pgrp;
        return 0;
      case I.TIOCNOTTY:
        if (!who || who.session !== this.session) return -ENOTTY;
        if (who.leader) {
          this.session = 0;
          this.pgrp = 0;
        }
        return 0;
    }
    return -ENOTTY;
  }
}

function putInt(io: IoctlMemory, at: number, v: number): void {
  io.writeBytes(at, new Uint8Array(Int32Array.of(v).buffer));
}

/** A terminal, open. */
export class TtyFile extends BaseFile {
  override readonly queue: WaitQueue;
  constructor(
    inode: Inode,
    readonly tty: Tty,
    flags: number,
    private readonly onClose?: () => void,
  ) {
    super(inode, flags);
    this.queue = tty.queue;
  }
  override read(into: Uint8Array): number {
    return into.length === 0 ? 0 : this.tty.read(into);
  }
  readTimeout(): bigint | undefined {
    return this.tty.readTimeout();
  }
  override write(from: Uint8Array): number {
    return this.tty.write(from);
  }
  override poll(): number {
    return this.tty.poll();
  }
  ioctl(request: number, arg: number, io: IoctlMemory): number {
    return this.tty.ioctl(request, arg, io);
  }
  override close(): void {
    this.onClose?.();
  }
}
