import { S_IFDIR, S_IFMT } from "../../abi/stat.ts";
import type { HostFs, HostStat } from "../../host/types.ts";
import type { PageCache } from "../../vfs/page-cache.ts";
import type { Statfs } from "../../vfs/types.ts";
import type { Devices } from "./devices.ts";
import { type DirectoryCache, HostInode, type HostTree } from "./host-inode.ts";

/**
 * The host's tree as a file system. There is one inode object for each (dev, ino) as long as anyone holds it. Look-ups
 * always ask the host, so changes from outside are seen at once.
 */
export class HostFileSystem implements HostTree {
  readonly type = "ext4";
  readonly dev: number;
  readonly root: HostInode;
  private readonly inodes = new Map<number, Map<number, WeakRef<HostInode>>>();
  readonly keep = new Set<HostInode>();
  readonly dirty = new Set<HostInode>();
  lastFound: HostInode | undefined;
  /** All there are, where that must not depend on the host's garbage collection. */
  private readonly held: Set<HostInode> | undefined;
  private readonly dead = new FinalizationRegistry<{ dev: number; ino: number }>(({ dev, ino }) => {
    const byIno = this.inodes.get(dev);
    if (!byIno?.get(ino)?.deref()) byIno?.delete(ino);
  });

  /** `user` is whom the host runs us as; `now` the time in nanoseconds; `repeatable`: no inode is forgotten. */
  constructor(
    readonly host: HostFs,
    readonly cache: PageCache,
    readonly devices: Devices,
    readonly user: { uid: number; gid: number },
    readonly now: () => bigint,
    repeatable: boolean,
  ) {
    if (repeatable) this.held = new Set();
    const st = host.stat("/", true);
    this.dev = typeof st === "number" ? 1 : st.dev;
    const [ino, type] = typeof st === "number" ? [2, S_IFDIR] : [st.ino, st.mode & S_IFMT];
    this.root = new HostInode(this, this.dev, ino, type, undefined, "");
    this.remember(this.root);
  }
  private remember(inode: HostInode): void {
    let byIno = this.inodes.get(inode.dev);
    if (!byIno) {
      byIno = new Map();
      this.inodes.set(inode.dev, byIno);
    }
    byIno.set(inode.ino, new WeakRef(inode));
    this.held?.add(inode);
    this.dead.register(inode, { dev: inode.dev, ino: inode.ino });
  }
  inode(st: HostStat, parent: HostInode, name: string): HostInode {
    const type = st.mode & S_IFMT;
    const known = this.inodes.get(st.dev)?.get(st.ino)?.deref();
    if (known && known.type === type) {
      if (known !== this.root) {
        known.parent = parent;
        known.name = name;
      }
      return known;
    }
    const made = new HostInode(this, st.dev, st.ino, type, parent, name);
    this.remember(made);
    return made;
  }
  private readonly directoryCaches = new Set<DirectoryCache>();
  directoryCache(old: DirectoryCache | undefined): DirectoryCache {
    if (old && this.directoryCaches.has(old)) return old;
    if (this.directoryCaches.size >= 4096) {
      for (const c of this.directoryCaches) c.clear();
      this.directoryCaches.clear();
    }
    const cache: DirectoryCache = old ?? new Map();
    this.directoryCaches.add(cache);
    return cache;
  }
  statfs(): Statfs {
    const s = this.host.statfs("/");
    return typeof s === "number"
      ? { type: 0xef53, bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 }
      : s;
  }
  sync(): void {
    for (const inode of this.dirty) inode.flush();
  }
}
