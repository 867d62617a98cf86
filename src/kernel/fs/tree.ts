import { O_RDWR } from "../../abi/fcntl.ts";
import { SIGINT, SIGQUIT, SIGTSTP, SIGWINCH } from "../../abi/signal.ts";
import { makedev, S_IFCHR } from "../../abi/stat.ts";
import type { Host, HostFs } from "../../host/types.ts";
import type { Frames } from "../../mmu/frames.ts";
import { MountTable } from "../../vfs/mount.ts";
import { PageCache } from "../../vfs/page-cache.ts";
import { lookupChild } from "../../vfs/path.ts";
import type { File, FileSystem } from "../../vfs/types.ts";
import { Vfs } from "../../vfs/vfs.ts";
import { CONSOLE_DEV, makeDevfs, TTY_DEV } from "./devfs.ts";
import { Devices } from "./devices.ts";
import { HostFileSystem } from "./hostfs.ts";
import { overlayFs } from "./overlay.ts";
import { streamFile } from "./stdio.ts";
import { TmpFileSystem } from "./tmpfs.ts";
import { HostTtyPort, Tty, TtyFile } from "./tty.ts";

export interface TreeOptions {
  host: Host;
  frames: Frames;
  /** Told before bytes of a frame with code change. */
  onCodeStore: (host: number, length: number) => void;
  /** Directories of the host tried in order for every path (BLINK_OVERLAYS); "" is the real root. Default: only that. */
  overlays?: readonly string[];
  /** Serve nothing of the host's files: the root is an empty tmpfs. Also the case when the host has none. */
  inMemory?: boolean;
}

/** The machine's files: what is mounted, the standard streams and the terminal. */
export interface Tree {
  vfs: Vfs;
  cache: PageCache;
  devices: Devices;
  /** The tmpfs at the root, if that is what it is: for archives to be unpacked into. */
  memoryRoot: TmpFileSystem | undefined;
  /** Made by memfd_create, and shared memory. */
  memfds: TmpFileSystem;
  /** The host's terminal, if any standard stream is one. Its session and group are for the kernel to set. */
  tty: Tty | undefined;
  /** Open files for descriptors 0, 1 and 2, with one reference each. */
  stdio: [File, File, File];
}

/** Builds the tree: the root (host or memory), /dev with /dev/shm. /proc is mounted by who has the facts (procfs.ts). */
export function makeTree(options: TreeOptions): Tree {
  const { host, frames } = options;
  const now = () => host.clock.realtime();
  const cache = new PageCache(frames);
  cache.onCodeStore = options.onCodeStore;
  const devices = new Devices();
  const hostFs = options.inMemory ? undefined : host.fs;
  const memoryRoot = hostFs ? undefined : new TmpFileSystem(cache, devices, now, 2, "tmpfs", 0o755);
  const root: FileSystem = memoryRoot ?? hostRoot(options, hostFs as HostFs, cache, devices);
  const mounts = new MountTable(root, hostFs ? "/dev/root" : "tmpfs");
  const vfs = new Vfs(mounts);

  const devfs = makeDevfs(cache, devices, now, (bytes) => host.random(bytes));
  mounts.mount(mounts.root, "dev", devfs, "devtmpfs");
  const dev = lookupChild(mounts.root, "dev");
  if (typeof dev !== "number") {
    mounts.mount(dev, "shm", new TmpFileSystem(cache, devices, now, 25), "tmpfs");
  }
  const memfds = new TmpFileSystem(cache, devices, now, 1);
  const { tty, stdio } = standardFiles(host, devices, devfs, vfs);
  return { vfs, cache, devices, memoryRoot, memfds, tty, stdio };
}

function hostRoot(o: TreeOptions, fs: HostFs, cache: PageCache, devices: Devices): HostFileSystem {
  const overlays = o.overlays ?? [""];
  const seen = overlays.length === 1 && overlays[0] === "" ? fs : overlayFs(fs, overlays);
  return new HostFileSystem(seen, cache, devices, o.host.ids, () => o.host.clock.realtime());
}

/** The terminal's number: /dev/pts/0. */
const HOST_PTS = makedev(136, 0);

function standardFiles(
  host: Host,
  devices: Devices,
  devfs: TmpFileSystem,
  vfs: Vfs,
): { tty: Tty | undefined; stdio: [File, File, File] } {
  const [input, output, error] = host.stdio;
  const out = [output, error, input].find((s) => s.isTty);
  let open: (() => File) | undefined;
  let tty: Tty | undefined;
  if (out) {
    const port = new HostTtyPort(input.isTty ? input : undefined, out);
    const terminal = new Tty(port, HOST_PTS);
    tty = terminal;
    for (const dev of [HOST_PTS, TTY_DEV, CONSOLE_DEV]) {
      devices.register(dev, (inode, flags) => new TtyFile(inode, terminal, flags));
    }
    port.start(terminal);
    host.onSignal = (signo) => {
      if (signo === SIGWINCH) port.resized();
      if ([SIGINT, SIGQUIT, SIGTSTP, SIGWINCH].includes(signo)) terminal.signal(signo);
    };
    const pts = devfs.root.lookup("pts");
    const node = typeof pts === "number" ? pts : pts.mknod("0", S_IFCHR | 0o620, HOST_PTS, ROOT);
    if (typeof node !== "number") node.setattr({ uid: host.ids.uid, gid: 5 });
    open = () => openTerminal(vfs, terminal);
  }
  const files = host.stdio.map((s, fd) => (s.isTty && open ? open() : streamFile(s, fd)));
  return { tty, stdio: files as [File, File, File] };
}

const ROOT = { uid: 0, gid: 0, euid: 0, egid: 0, suid: 0, sgid: 0, fsuid: 0, fsgid: 0, groups: [] };

function openTerminal(vfs: Vfs, tty: Tty): File {
  const ctx = { root: vfs.root, cwd: vfs.root, cred: ROOT };
  const file = vfs.open(ctx, vfs.root, "/dev/pts/0", O_RDWR, 0);
  if (typeof file === "number") throw new Error(`the terminal ${tty.pgrp} cannot be opened: ${file}`);
  return file;
}
