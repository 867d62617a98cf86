import { ENOSPC, ENOTTY } from "../../abi/errno.ts";
import { makedev, S_IFCHR } from "../../abi/stat.ts";
import { PAGE } from "../../mmu/frames.ts";
import { BaseFile } from "../../vfs/file.ts";
import type { InodePages, PageCache } from "../../vfs/page-cache.ts";
import type { Inode } from "../../vfs/types.ts";
import type { Devices } from "./devices.ts";
import { TmpFileSystem } from "./tmpfs.ts";

/** Devices without state: null, zero, full, random. Seeking is allowed and means nothing. */
abstract class PlainDevice extends BaseFile {
  override seek(): number {
    this.pos = 0;
    return 0;
  }
  override write(from: Uint8Array): number {
    return from.length;
  }
  ioctl(): number {
    return -ENOTTY;
  }
}

class NullFile extends PlainDevice {
  override read(): number {
    return 0;
  }
}

class ZeroFile extends PlainDevice {
  constructor(inode: Inode, flags: number, cache: PageCache) {
    super(inode, flags);
    this.pages = cache.open(this);
  }
  private readonly pages: InodePages;
  override read(into: Uint8Array): number {
    into.fill(0);
    return into.length;
  }
  /** Private mappings read zeroes; shared ones of one descriptor share frames. */
  page(offset: number): number {
    const frame = this.pages.get(offset / PAGE, (_, page) => {
      page.fill(0);
      return 0;
    });
    return Math.max(0, frame);
  }
  dirty(): void {}
  override close(): void {
    this.pages.dropAll();
  }
}

class FullFile extends PlainDevice {
  override read(into: Uint8Array): number {
    into.fill(0);
    return into.length;
  }
  override write(from: Uint8Array): number {
    return from.length === 0 ? 0 : -ENOSPC;
  }
}

class RandomFile extends PlainDevice {
  constructor(
    inode: Inode,
    flags: number,
    private readonly random: (bytes: Uint8Array) => void,
  ) {
    super(inode, flags);
  }
  override read(into: Uint8Array): number {
    this.random(into);
    return into.length;
  }
}

/** Major 1: the memory devices. */
const MEM: readonly [string, number][] = [
  ["null", 3],
  ["zero", 5],
  ["full", 7],
  ["random", 8],
  ["urandom", 9],
];

/** Numbers of the terminal devices. */
export const TTY_DEV = makedev(5, 0);
export const CONSOLE_DEV = makedev(5, 1);
export const PTMX_DEV = makedev(5, 2);

/** /dev: nodes of what there is, and the usual links. */
export function makeDevfs(
  cache: PageCache,
  devices: Devices,
  now: () => bigint,
  random: (bytes: Uint8Array) => void,
): TmpFileSystem {
  devices.register(makedev(1, 3), (inode, flags) => new NullFile(inode, flags));
  devices.register(makedev(1, 5), (inode, flags) => new ZeroFile(inode, flags, cache));
  devices.register(makedev(1, 7), (inode, flags) => new FullFile(inode, flags));
  for (const n of [8, 9]) devices.register(makedev(1, n), (inode, flags) => new RandomFile(inode, flags, random));

  const fs = new TmpFileSystem(cache, devices, now, 5, "devtmpfs", 0o755);
  for (const [name, n] of MEM) fs.root.mknod(name, S_IFCHR | 0o666, makedev(1, n));
  fs.root.mknod("tty", S_IFCHR | 0o666, TTY_DEV);
  fs.root.mknod("console", S_IFCHR | 0o600, CONSOLE_DEV);
  fs.root.mknod("ptmx", S_IFCHR | 0o666, PTMX_DEV);
  fs.root.symlink("fd", "/proc/self/fd");
  ["stdin", "stdout", "stderr"].forEach((name, i) => {
    fs.root.symlink(name, `/proc/self/fd/${i}`);
  });
  fs.root.mkdir("pts", 0o755);
  fs.root.mkdir("shm", 0o1777);
  return fs;
}
