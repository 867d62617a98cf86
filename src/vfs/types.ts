/**
 * Files without processes. Inodes belong to file systems; an open file (open file description) has a position, flags
 * and a wait queue. All calls are synchronous and return -errno on failure; what would block returns -EAGAIN and
 * notifies its queue later. Names and paths are byte strings (one UTF-16 unit 0..255 a byte).
 */
import type { StatFields } from "../abi/stat.ts";
import type { Dentry } from "./place.ts";

export { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP } from "../abi/poll.ts";

export type Stat = StatFields;

export interface SetAttr {
  mode?: number;
  uid?: number;
  gid?: number;
  size?: number;
  atime?: bigint;
  mtime?: bigint;
}

export interface DirEntry {
  name: string;
  ino: number;
  /** DT_ constant. */
  type: number;
}

export interface FileSystem {
  readonly type: string;
  readonly dev: number;
  readonly root: Inode;
  statfs(): Statfs;
  /** Writes back everything that is dirty (sync(2)). */
  sync?(): void;
}

export interface Statfs {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
}

/** One mounted tree. */
export interface Mount {
  readonly id: number;
  /** In which mount it lies; undefined for the root. */
  parent: Mount | undefined;
  readonly fs: FileSystem;
  /** Root of what is mounted; a bind mount's may be any inode of the file system. */
  readonly root: Inode;
  /** Where it is mounted: a name in a directory of the parent; undefined for the root. */
  at: { place: Dentry; name: string } | undefined;
  /** What is mounted on names in directories of this mount; kept by vfs/mount.ts. */
  readonly mounted: Map<Inode, Map<string, Mount>>;
  /** Path of that root in the file system, for /proc/PID/mountinfo. */
  readonly path: string;
  /** First word of its line in /proc/mounts. */
  readonly source: string;
  /** MS_ flags; MS_RDONLY (1) is honoured. */
  flags: number;
}

/** Who acts, for permission checks and ownership of new files. */
export interface Cred {
  uid: number;
  gid: number;
  euid: number;
  egid: number;
  suid: number;
  sgid: number;
  fsuid: number;
  fsgid: number;
  groups: number[];
}

/** A file, directory, link ... There is at most one Inode object alive for one (dev, ino), so that identity works as key (page cache, locks, FIFOs). */
export interface Inode {
  readonly fs: FileSystem;
  readonly ino: number;
  /** S_IFMT bits only. */
  readonly type: number;
  stat(): Stat | number;
  setattr(a: SetAttr): number;
  /** Directories. */
  lookup(name: string): Inode | number;
  readdir(): DirEntry[] | number;
  create(name: string, mode: number, cred: Cred): Inode | number;
  mkdir(name: string, mode: number, cred: Cred): Inode | number;
  mknod(name: string, mode: number, dev: number, cred: Cred): Inode | number;
  symlink(name: string, target: string, cred: Cred): Inode | number;
  link(name: string, target: Inode): number;
  unlink(name: string): number;
  rmdir(name: string): number;
  rename(name: string, toDir: Inode, toName: string, flags: number): number;
  /** Links. Magic links (/proc/self/exe) may instead give the Inode they lead to with `follow`. */
  readlink(): string | number;
  follow?(): Place | number;
  /** A new open file description; regular files are read and written through the page cache by kernel code or by File. */
  open(flags: number, cred: Cred): File | number;
  /** May be kept across look-ups (false for things made up on the fly). */
  readonly cacheable: boolean;
  /** Creates and opens at once, so that the mode of the new file does not limit the opener. Only for names that do not exist. */
  createOpen?(name: string, flags: number, mode: number, cred: Cred): File | number;
  /** Opens a nameless file in this directory (O_TMPFILE). */
  tmpfile?(flags: number, mode: number, cred: Cred): File | number;
  /** Replaces the check of mode bits; `mask` is R_OK | W_OK | X_OK. */
  permission?(mask: number, cred: Cred): number;
  /** May `cred` look names up here? For directories where the look-up itself will say so. Without it: `permission`. */
  search?(cred: Cred): number;
  /**
   * Reports changes that others than this machine make to the inode, or to names in this directory ("" means the inode
   * itself); returns what ends the reports.
   */
  watchOutside?(changed: (kind: "changed" | "came" | "went", name: string) => void): (() => void) | undefined;
  /** Extended attributes, if the file system has them; they may be changed. */
  attributes?(): Map<string, Uint8Array>;
  /** When one file system object spans several (a host's tree). */
  statfs?(): Statfs | number;
}

/** A mounted tree and an inode in it: what a path leads to, with the way there for getcwd and "..". */
export interface Place {
  inode: Inode;
  mount?: Mount;
  /** The name was removed: shown as "(deleted)". */
  gone?: boolean;
  /** Parent place; the root's parent is undefined. */
  parent: Place | undefined;
  name: string;
}

/** An open file description. */
export interface File {
  readonly inode: Inode | undefined;
  place: Place | undefined;
  /** O_ flags, changed by F_SETFL. */
  flags: number;
  /** Position; files that cannot seek ignore it. */
  pos: number;
  /** Descriptors (and mappings) that refer to it; `close` runs when it reaches 0. */
  refs: number;
  /** Woken when readiness may have changed. */
  readonly queue: WaitQueue;
  /** `at` undefined: the file's position, which then moves. -EAGAIN: would block. */
  read(into: Uint8Array, at?: number): number;
  write(from: Uint8Array, at?: number): number;
  /** New position, or -errno (-ESPIPE). */
  seek(offset: number, whence: number): number;
  poll(): number;
  /** What `poll` answers depends on who asks, and may change without a wake-up. */
  readonly pollsByTask?: boolean;
  /** Terminals: nanoseconds after which a read that waits answers 0 (VTIME); undefined: it waits for ever. */
  readTimeout?(): bigint | undefined;
  /** FIFOs: open(2) has to wait on this queue before the descriptor is handed out; undefined when it need not (any more). */
  opening?(): WaitQueue | undefined;
  stat(): Stat | number;
  /** All entries, "." and ".." included, as of the last time `pos` was 0; `pos` counts entries. */
  readdir?(): DirEntry[] | number;
  /** Frame (byte address in RAM) of the page at the file offset, from the page cache; its reference belongs to the caller. 0 past the end of file. */
  page?(offset: number): number;
  /** The same if the page cache holds the page already, else 0. */
  cachedPage?(offset: number): number;
  /** Marks a page written through a shared mapping, so that it reaches the file. */
  dirty?(offset: number): void;
  /** Writes dirty pages of the range to the file (msync, munmap), without forcing them to the disk as `sync` does. */
  writeback?(from: number, to: number): number;
  ioctl?(request: number, arg: number, io: IoctlMemory): number;
  /** fcntl commands that are the file's own (F_GETPIPE_SZ, F_SETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS). */
  control?(command: number, arg: number): number;
  truncate?(size: number): number;
  allocate?(mode: number, offset: number, length: number): number;
  sync?(dataOnly: boolean): number;
  /** A table of descriptors closed one of its descriptors. */
  flush?(table: object): void;
  /** Text for /proc/PID/fd/N: path, or "pipe:[12]". */
  describe(): string;
  close(): void;
}

/** Guest memory as an ioctl sees it; throws UserFault (mmu/user.ts) when not accessible. */
export interface IoctlMemory {
  readBytes(address: number, length: number): Uint8Array;
  writeBytes(address: number, bytes: Uint8Array): void;
}

/** Parked work waits here. Wakers call `wake`; who waits registers a callback for one round. */
export class WaitQueue {
  private waiters = new Set<() => void>();
  add(wake: () => void): void {
    this.waiters.add(wake);
  }
  remove(wake: () => void): void {
    this.waiters.delete(wake);
  }
  /** Wakes all waiters (or the first n, in order of arrival); returns how many. */
  wake(n = Number.POSITIVE_INFINITY): number {
    let count = 0;
    for (const w of [...this.waiters]) {
      if (count >= n) break;
      this.waiters.delete(w);
      w();
      count++;
    }
    return count;
  }
  get empty(): boolean {
    return this.waiters.size === 0;
  }
}
