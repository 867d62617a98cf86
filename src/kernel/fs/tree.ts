import type { Host, HostFs } from "../../host/types.ts";
import type { Frames } from "../../mmu/frames.ts";
import { MountTable } from "../../vfs/mount.ts";
import { PageCache } from "../../vfs/page-cache.ts";
import { lookupChild } from "../../vfs/path.ts";
import type { File, FileSystem } from "../../vfs/types.ts";
import { Vfs } from "../../vfs/vfs.ts";
import { makeDevfs } from "./devfs.ts";
import { Devices } from "./devices.ts";
import { HostFileSystem } from "./hostfs.ts";
import { overlayFs } from "./overlay.ts";
import { streamFile } from "./stdio.ts";
import { Terminals } from "./terminals.ts";
import { TmpFileSystem } from "./tmpfs.ts";

export interface TreeOptions {
  host: Host;
  frames: Frames;
  /** Told before bytes of a frame with code change. */
  onCodeStore: (host: number, length: number) => void;
  /** Directories of the host tried in order for every path (BLINK_OVERLAYS); "" is the real root. Default: only that. */
  overlays?: readonly string[];
  /** Serve nothing of the host's files: the root is an empty tmpfs. Also the case when the host has none. */
  inMemory?: boolean;
  /** What is asked of the host shall not depend on its garbage collection. */
  repeatable?: boolean;
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
  terminals: Terminals;
  devfs: FileSystem;
  /** Open files for descriptors 0, 1 and 2, with one reference each. */
  stdio: [File, File, File];
  /** Further descriptors that the first program starts with. */
  inherited: [number, File][];
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
  const terminals = new Terminals(host, devices, cache, now);
  terminals.mount(mounts);
  const stdio = host.stdio.map((s, fd) => (s.isTty ? terminals.openHost() : streamFile(s, fd)));
  const inherited = (host.inherited?.() ?? []).map(({ fd, flags, stream }): [number, File] => [
    fd,
    stream.isTty && terminals.host ? terminals.openHost() : streamFile(stream, fd, flags),
  ]);
  return { vfs, cache, devices, memoryRoot, memfds, terminals, devfs, stdio: stdio as [File, File, File], inherited };
}

/** The host's files as a tree. */
export function hostRoot(
  o: Pick<TreeOptions, "host" | "overlays" | "repeatable">,
  fs: HostFs,
  cache: PageCache,
  devices: Devices,
): HostFileSystem {
  const overlays = o.overlays ?? [""];
  const seen = overlays.length === 1 && overlays[0] === "" ? fs : overlayFs(fs, overlays);
  return new HostFileSystem(seen, cache, devices, o.host.ids, () => o.host.clock.realtime(), o.repeatable ?? false);
}
