import { EBUSY, EIO, ENXIO } from "../../abi/errno.ts";
import { O_NOCTTY, O_RDWR } from "../../abi/fcntl.ts";
import { SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH } from "../../abi/signal.ts";
import { makedev, S_IFCHR } from "../../abi/stat.ts";
import type { Host } from "../../host/types.ts";
import type { MountTable } from "../../vfs/mount.ts";
import type { PageCache } from "../../vfs/page-cache.ts";
import { lookupChild } from "../../vfs/path.ts";
import type { Cred, File, Inode } from "../../vfs/types.ts";
import { CONSOLE_DEV, PTMX_DEV, TTY_DEV } from "./devfs.ts";
import type { Devices } from "./devices.ts";
import { HostTtyPort } from "./host-tty.ts";
import { Pty, PtyMaster } from "./pty.ts";
import { TmpFileSystem } from "./tmpfs.ts";
import { Tty, type TtyControl, TtyFile } from "./tty.ts";

const ROOT: Cred = { uid: 0, gid: 0, euid: 0, egid: 0, suid: 0, sgid: 0, fsuid: 0, fsgid: 0, groups: [] };
/** Group "tty" of most distributions. */
const TTY_GROUP = 5;
const SLAVE_MAJOR = 136;

/** All terminals: the host's as /dev/pts/0, and pseudo-terminals. */
export class Terminals {
  /** The host's terminal, if any standard stream is one. */
  readonly host: Tty | undefined;
  private readonly list = new Set<Tty>();
  private readonly ptys = new Map<number, Pty>();
  readonly devpts: TmpFileSystem;
  private control: TtyControl | undefined;
  private mounts: MountTable | undefined;

  constructor(host: Host, devices: Devices, cache: PageCache, now: () => bigint) {
    this.devpts = new TmpFileSystem(cache, devices, now, 26, "devpts", 0o755);
    this.devpts.root.mknod("ptmx", S_IFCHR | 0o666, PTMX_DEV);
    devices.register(TTY_DEV, (inode, flags) => {
      const who = this.control?.current();
      const tty = who ? this.ofSession(who.session) : this.host;
      return tty ? this.openTty(inode, flags | O_NOCTTY, tty) : -ENXIO;
    });
    devices.register(PTMX_DEV, (inode, flags, cred) => this.openMaster(inode, flags, cred, devices));
    this.host = this.hostTerminal(host, devices);
  }
  /** Mounts /dev/pts. */
  mount(mounts: MountTable): void {
    this.mounts = mounts;
    const dev = lookupChild(mounts.root, "dev");
    if (typeof dev !== "number") mounts.mount(dev, "pts", this.devpts, "devpts");
  }
  /** The kernel takes over job control. */
  connect(control: TtyControl): void {
    this.control = control;
    for (const tty of this.list) tty.control = control;
  }
  /** The controlling terminal of a session. */
  ofSession(session: number): Tty | undefined {
    return [...this.list].find((t) => t.session === session && session !== 0);
  }
  /** A session's leader ended: its terminal is free again, and who is in the foreground hears of it. */
  sessionEnded(session: number): void {
    const tty = this.ofSession(session);
    if (!tty) return;
    tty.signal(SIGHUP);
    tty.signal(SIGCONT);
    tty.session = 0;
    tty.pgrp = 0;
  }

  private add(tty: Tty): Tty {
    tty.control = this.control;
    this.list.add(tty);
    return tty;
  }
  private hostTerminal(host: Host, devices: Devices): Tty | undefined {
    const [input, output, error] = host.stdio;
    const out = [output, error, input].find((s) => s.isTty);
    if (!out) return undefined;
    const port = new HostTtyPort(input.isTty ? input : undefined, out);
    const dev = makedev(SLAVE_MAJOR, 0);
    const tty = this.add(new Tty(port, dev));
    for (const d of [dev, CONSOLE_DEV]) devices.register(d, (inode, flags) => this.openTty(inode, flags, tty));
    port.start(tty);
    host.onSignal = (signo) => {
      if (signo === SIGWINCH) port.resized();
      if ([SIGINT, SIGQUIT, SIGTSTP, SIGWINCH].includes(signo)) tty.signal(signo);
    };
    this.devpts.root.mknod("0", S_IFCHR | 0o620, dev, { fsuid: host.ids.uid, fsgid: TTY_GROUP });
    return tty;
  }
  /** A session leader without a terminal gets the first one that it opens, unless it says O_NOCTTY. */
  private openTty(inode: Inode, flags: number, tty: Tty, onClose?: () => void): File {
    const who = this.control?.current();
    if (!(flags & O_NOCTTY) && who?.leader && !tty.session && !this.ofSession(who.session)) {
      tty.session = who.session;
      tty.pgrp = who.pgrp;
    }
    return new TtyFile(inode, tty, flags & ~O_NOCTTY, onClose);
  }
  /** Opens the host's terminal for a standard stream. */
  openHost(): File {
    const file = this.openNode("0", O_RDWR | O_NOCTTY);
    if (typeof file === "number") throw new Error("the terminal cannot be opened");
    return file;
  }

  private openMaster(inode: Inode, flags: number, cred: Cred, devices: Devices): File {
    let n = this.host ? 1 : 0;
    while (this.ptys.has(n)) n++;
    const dev = makedev(SLAVE_MAJOR, n);
    const pty = new Pty(n, dev);
    this.ptys.set(n, pty);
    this.add(pty.tty);
    devices.register(dev, (slave, slaveFlags, who) => this.openSlave(slave, slaveFlags, pty, who));
    this.devpts.root.mknod(`${n}`, S_IFCHR | 0o620, dev, { fsuid: cred.fsuid, fsgid: TTY_GROUP });
    const closed = (): void => {
      this.ptys.delete(n);
      this.list.delete(pty.tty);
      this.devpts.root.unlink(`${n}`);
    };
    return new PtyMaster(inode, flags & ~O_NOCTTY, pty, closed, (f) => this.openNode(`${n}`, f));
  }
  /** Opens what has this name in /dev/pts. */
  private openNode(name: string, flags: number): File | number {
    const dev = this.mounts ? lookupChild(this.mounts.root, "dev") : -EIO;
    const pts = typeof dev === "number" ? dev : lookupChild(dev, "pts");
    const node = typeof pts === "number" ? pts : lookupChild(pts, name);
    if (typeof node === "number") return node;
    const file = node.inode.open(flags, ROOT);
    if (typeof file !== "number") file.place = node;
    return file;
  }
  private openSlave(inode: Inode, flags: number, pty: Pty, cred: Cred): File | number {
    if (pty.locked || !pty.port.masterOpen) return -EIO;
    if (pty.tty.exclusive && cred.fsuid !== 0) return -EBUSY;
    pty.slaveOpened();
    return this.openTty(inode, flags, pty.tty, () => pty.slaveClosed());
  }
}
