import { EBUSY, EINVAL } from "../abi/errno.ts";
import { Dentry } from "./place.ts";
import type { FileSystem, Inode, Mount, Place } from "./types.ts";

export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_REMOUNT = 32;
export const MS_BIND = 4096;

/**
 * What is mounted where. A mount sits on a name in a directory inode (Inode.mounted), whether or not the directory
 * itself has the name, so /proc appears in a tree without a /proc. Names of mounts hide what they cover.
 */
export class MountTable {
  private nextId = 1;
  /** In order of mounting; the first is the root. */
  readonly list: Mount[] = [];
  readonly root: Dentry;

  constructor(fs: FileSystem, source = "none", flags = 0) {
    const mount = this.make(undefined, fs, fs.root, undefined, source, flags);
    this.root = new Dentry(fs.root, undefined, "", mount);
  }

  private make(
    parent: Mount | undefined,
    fs: FileSystem,
    root: Inode,
    at: Mount["at"],
    source: string,
    flags: number,
  ): Mount {
    const mount: Mount = { id: this.nextId++, parent, fs, root, at, source, flags };
    this.list.push(mount);
    return mount;
  }

  /** Mounts a tree (or, with `root`, a part of it) on a name of a directory. */
  mount(dir: Place, name: string, fs: FileSystem, source: string, flags = 0, root: Inode = fs.root): Mount {
    const mount = this.make(dir.mount, fs, root, { place: dir, name }, source, flags);
    (dir.inode.mounted ??= new Map()).set(name, mount);
    return mount;
  }

  /** Takes away the topmost mount whose root the place is. */
  unmount(place: Place): number {
    const mount = place.mount;
    if (!mount || place.inode !== mount.root) return -EINVAL;
    if (!mount.at) return -EBUSY;
    if (this.list.some((m) => m.parent === mount)) return -EBUSY;
    mount.fs.sync?.();
    this.list.splice(this.list.indexOf(mount), 1);
    const { place: dir, name } = mount.at;
    const below = this.list.findLast((m) => m.at?.name === name && m.at.place.inode === dir.inode);
    if (below) dir.inode.mounted?.set(name, below);
    else dir.inode.mounted?.delete(name);
    return 0;
  }

  /** True when something is mounted on the place or it is the root of a mount: it cannot be removed or renamed. */
  isMountpoint(place: Place): boolean {
    return place.inode === place.mount?.root;
  }
}
