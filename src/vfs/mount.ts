import { EBUSY, EINVAL } from "../abi/errno.ts";
import { counters } from "../base/counters.ts";
import { Dentry, samePlace } from "./place.ts";
import type { FileSystem, Inode, Mount, Place } from "./types.ts";

export const MS_RDONLY = 1;
export const MS_NOSUID = 2;
export const MS_NODEV = 4;
export const MS_NOEXEC = 8;
export const MS_REMOUNT = 32;
export const MS_BIND = 4096;
export const MS_MOVE = 8192;
export const MS_REC = 16384;

interface MountSpec {
  fs: FileSystem;
  root: Inode;
  path?: string;
  source: string;
  flags: number;
}

function makeMount({ fs, root, path = "/", source, flags }: MountSpec): Mount {
  return { id: counters.mount++, parent: undefined, at: undefined, mounted: new Map(), fs, root, path, source, flags };
}

function attach(mount: Mount, dir: Dentry, name: string): void {
  mount.parent = dir.mount;
  mount.at = { place: dir, name };
  const names = dir.mount.mounted.get(dir.inode) ?? new Map<string, Mount>();
  names.set(name, mount);
  dir.mount.mounted.set(dir.inode, names);
}

/**
 * What is mounted where: a mount namespace (mount_namespaces(7)). A mount sits on a name in a directory of its parent
 * mount, whether or not the directory itself has the name, so /proc appears in a tree without a /proc. Names of mounts
 * hide what they cover. The name "" means the root of the parent mount itself: nobody finds it by a path. Nothing
 * propagates between namespaces.
 */
export class MountTable {
  /** In order of mounting. */
  readonly list: Mount[] = [];
  root: Dentry;

  constructor(fs: FileSystem, source = "none", flags = 0, root: Inode = fs.root) {
    const mount = makeMount({ fs, root, source, flags });
    this.list.push(mount);
    this.root = new Dentry(root, undefined, "", mount);
  }

  /** Mounts a tree (or, with `root`, a part of it) on a name of a directory. */
  mount(dir: Dentry, name: string, fs: FileSystem, source: string, flags = 0, root: Inode = fs.root): Mount {
    const mount = makeMount({ fs, root, source, flags });
    attach(mount, dir, name);
    this.list.push(mount);
    return mount;
  }

  has(mount: Mount): boolean {
    return this.list.includes(mount);
  }

  /** Takes away the topmost mount whose root the place is; with `detach` also all that is mounted below it. */
  unmount(place: Place, detach = false): number {
    const mount = place.mount;
    if (!mount || place.inode !== mount.root || !this.has(mount)) return -EINVAL;
    if (!mount.at) return -EBUSY;
    const below = this.below(mount);
    if (below.length > 0 && !detach) return -EBUSY;
    for (const m of [mount, ...below]) {
      m.fs.sync?.();
      this.list.splice(this.list.indexOf(m), 1);
    }
    this.uncover(mount);
    return 0;
  }

  /** Moves a mount to a name of another directory. */
  move(place: Dentry, dir: Dentry, name: string): number {
    const { mount } = place;
    if (place.inode !== mount.root || !mount.at || !this.has(mount)) return -EINVAL;
    if (this.below(mount).includes(dir.mount) || dir.mount === mount) return -EINVAL;
    this.uncover(mount);
    attach(mount, dir, name);
    place.graft(dir, name);
    return 0;
  }

  /** Mounts what `from` shows on a name of a directory; with `recursive` also what is mounted below it. */
  bind(from: Dentry, dir: Dentry, name: string, flags: number, recursive: boolean): Mount {
    const below = recursive ? this.below(from.mount).filter((m) => isBelow(m, from)) : [];
    const { source } = from.mount;
    const mount = makeMount({ fs: from.inode.fs, root: from.inode, path: pathInFs(from), source, flags });
    attach(mount, dir, name);
    this.list.push(mount);
    const copies = copyMounts(below, from, dir.child(name, from.inode, mount));
    this.list.push(...copies.made);
    return mount;
  }

  /** A namespace with the same mounts, and where a place of this one lies in it (undefined: in no mount of it). */
  copy(): { table: MountTable; place: (old: Place) => Dentry | undefined } {
    const { mount } = this.root;
    const table = new MountTable(mount.fs, mount.source, mount.flags, mount.root);
    const others = this.list.filter((m) => m !== mount);
    const { made, mirror } = copyMounts(others, this.root, table.root);
    table.list.push(...made);
    return { table, place: (old) => mirror(old as Dentry) };
  }

  /** pivot_root(2): `root` is the caller's. The old root then lies at `putOld`. 0 or -errno. */
  pivot(root: Dentry, newRoot: Dentry, putOld: Dentry): number {
    const { mount } = newRoot;
    if (mount === root.mount || putOld.mount === root.mount) return -EBUSY;
    if (newRoot.inode !== mount.root || root.inode !== root.mount.root) return -EINVAL;
    if (!this.has(mount) || !this.has(root.mount) || !mount.at) return -EINVAL;
    let up: Dentry | undefined = putOld;
    while (up && !samePlace(up, newRoot)) up = up.parent;
    if (!up) return -EINVAL;
    const { at } = root.mount;
    this.uncover(mount);
    if (at) {
      this.uncover(root.mount);
      attach(mount, at.place, at.name);
    } else {
      mount.parent = undefined;
      mount.at = undefined;
    }
    newRoot.parent = root.parent;
    newRoot.name = root.name;
    if (this.root === root) this.root = newRoot;
    if (samePlace(putOld, newRoot) || !putOld.parent) {
      attach(root.mount, newRoot, "");
      root.parent = undefined;
    } else {
      attach(root.mount, putOld.parent, putOld.name);
      root.graft(putOld.parent, putOld.name);
    }
    return 0;
  }

  /** True when something is mounted on the place or it is the root of a mount: it cannot be removed or renamed. */
  isMountpoint(place: Place): boolean {
    return place.inode === place.mount?.root;
  }

  /** All mounts below a mount. */
  private below(mount: Mount): Mount[] {
    return this.list.filter((m) => {
      for (let up = m.parent; up; up = up.parent) if (up === mount) return true;
      return false;
    });
  }

  /** What a mount covered appears again. */
  private uncover(mount: Mount): void {
    const { at, parent } = mount;
    if (!at || !parent) return;
    const names = parent.mounted.get(at.place.inode);
    const same = (m: Mount): boolean =>
      m !== mount && m.parent === parent && m.at?.name === at.name && m.at.place.inode === at.place.inode;
    const under = this.list.findLast(same);
    if (under) names?.set(at.name, under);
    else names?.delete(at.name);
    if (names?.size === 0) parent.mounted.delete(at.place.inode);
  }
}

/** Path of a place in its file system. */
function pathInFs(place: Dentry): string {
  const names: string[] = [];
  for (let at = place; at.parent && at.inode !== at.mount.root; at = at.parent) names.push(at.name);
  const top = place.mount.path === "/" ? "" : place.mount.path;
  return names.length === 0 ? place.mount.path : `${top}/${names.reverse().join("/")}`;
}

/** Does the mount lie in the tree below the place? */
function isBelow(m: Mount, top: Dentry): boolean {
  let at: Dentry | undefined = m.at?.place;
  while (at && !samePlace(at, top)) at = at.parent;
  return at !== undefined;
}

/** Copies of mounts that lie below `top`, hung into the tree of `newTop` at the same names. */
function copyMounts(list: readonly Mount[], top: Dentry, newTop: Dentry) {
  const copies = new Map<Mount, Mount>([[top.mount, newTop.mount]]);
  for (const m of list) copies.set(m, makeMount(m));
  const mirror = (d: Dentry): Dentry | undefined => {
    if (samePlace(d, top)) return newTop;
    const mount = copies.get(d.mount);
    const parent = d.parent && mirror(d.parent);
    if (!parent || !mount) return undefined;
    if (!d.gone) return parent.child(d.name, d.inode, mount);
    const gone = new Dentry(d.inode, parent, d.name, mount);
    gone.gone = true;
    return gone;
  };
  const made: Mount[] = [];
  for (const m of list) {
    const copy = copies.get(m);
    const dir = m.at && mirror(m.at.place);
    if (!copy || !dir) continue;
    attach(copy, dir, m.at?.name ?? "");
    made.push(copy);
  }
  return { made, mirror };
}
