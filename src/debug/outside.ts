/**
 * The guest's files as a debugger reads them: by the guest's names, in its mounts and below its root, but without the
 * guest's doing. What the host has is asked for directly, so that no recording and no cache of the machine knows of it.
 */
import { ENOENT } from "../abi/errno.ts";
import { O_RDONLY } from "../abi/fcntl.ts";
import { S_IFREG } from "../abi/stat.ts";
import { counters } from "../base/counters.ts";
import type { Host } from "../host/types.ts";
import { hostRoot } from "../kernel/fs/tree.ts";
import type { Task } from "../kernel/task.ts";
import type { Vma } from "../kernel/vma.ts";
import type { Machine } from "../machine/machine.ts";
import { MountTable } from "../vfs/mount.ts";
import { resolve } from "../vfs/path.ts";
import { type Dentry, placePath } from "../vfs/place.ts";
import type { Cred, File, FileSystem, Inode, Mount, Place } from "../vfs/types.ts";
import type { ElfSource } from "./symbols/elf-file.ts";

/** The debugger reads what it likes. */
export const DEBUGGER: Cred = { uid: 0, gid: 0, euid: 0, egid: 0, suid: 0, sgid: 0, fsuid: 0, fsgid: 0, groups: [] };

export interface OutsideOptions {
  /** What the machine's own host stands for. */
  live: Host;
  /** As the machine has them. */
  overlays?: readonly string[];
  /** Does something without its questions to the host being recorded. */
  aside?<T>(what: () => T): T;
}

export class OutsideFiles {
  /** The host's files once more; undefined for machines that have none. */
  private readonly files: FileSystem | undefined;
  private readonly sources = new Map<string, ElfSource | undefined>();

  constructor(
    private readonly machine: Machine,
    private readonly options: OutsideOptions,
  ) {
    const { live, overlays } = options;
    const { cache, devices, memoryRoot } = machine.tree;
    this.files = memoryRoot || !live.fs ? undefined : hostRoot({ host: live, overlays }, live.fs, cache, devices);
  }
  /** Runs something that changes nothing for the machine: what it counts up is set back. */
  private apart<T>(what: () => T): T {
    const before = { ...counters };
    try {
      return this.options.aside ? this.options.aside(what) : what();
    } finally {
      Object.assign(counters, before);
    }
  }
  /** Where a path leads, as the task sees it (left out: as the machine's first process did); or -errno. */
  resolve(path: string, task?: Task, follow = true): Place | number {
    return this.apart(() => this.lookUp(path, task, follow));
  }
  private lookUp(path: string, task: Task | undefined, follow: boolean): Place | number {
    const table = this.mirror(task?.ns.mnt.table ?? this.machine.tree.vfs.mounts);
    const top = { root: table.root, cwd: table.root, cred: DEBUGGER };
    const rootPath = task && placePath(task.fs.root);
    const root = rootPath ? resolve(top, table.root, rootPath) : table.root;
    if (typeof root === "number") return root;
    const found = resolve({ ...top, root, cwd: root }, root, path, follow);
    if (typeof found === "number" || found.inode.fs !== this.machine.tree.vfs.root.inode.fs || !this.files)
      return found;
    // A link of /proc: it leads into the machine's own tree.
    return resolve(top, table.root, placePath(found) ?? "", follow);
  }
  /** The mounts of a namespace with these files instead of the machine's. */
  private mirror(of: MountTable): MountTable {
    const { files } = this;
    if (!files) return of;
    const machines = this.machine.tree.vfs.root.inode.fs;
    const own = (m: Mount): FileSystem => (m.fs === machines ? files : m.fs);
    const rootOf = (m: Mount): Inode => (m.fs === machines ? inodeAt(files, m.path) : m.root) ?? files.root;
    const { mount } = of.root;
    const table = new MountTable(own(mount), mount.source, mount.flags, rootOf(mount));
    const top = { root: table.root, cwd: table.root, cred: DEBUGGER };
    for (const m of of.list) {
      const dir = m.at && resolve(top, table.root, placePath(m.at.place) ?? "");
      if (m.at && dir && typeof dir !== "number")
        table.mount(dir as Dentry, m.at.name, own(m), m.source, m.flags, rootOf(m));
    }
    return table;
  }
  /** Opens a file or directory for reading; or -errno. */
  open(path: string, task?: Task): File | number {
    return this.apart(() => {
      const place = this.lookUp(path, task, true);
      // Opened below the tree's look-out for changes, so that no watcher in the guest sees it.
      return typeof place === "number" ? place : place.inode.open(O_RDONLY, DEBUGGER);
    });
  }
  /** Reads a file that was opened here. Bytes, or -errno. */
  read(file: File, into: Uint8Array, at: number): number {
    return this.apart(() => file.read(into, at));
  }
  /** Where a link leads; or -errno. */
  readLink(path: string, task?: Task): string | number {
    return this.apart(() => {
      const place = this.lookUp(path, task, false);
      if (typeof place === "number") return place;
      const target = place.inode.follow ? place.inode.follow() : place.inode.readlink();
      if (target === undefined) return -ENOENT;
      return typeof target === "object" ? (placePath(target) ?? "") : target;
    });
  }
  /** A regular file's bytes by its path; it stays open. */
  readonly source = (path: string): ElfSource | undefined => {
    if (!this.sources.has(path)) this.sources.set(path, this.makeSource(path));
    return this.sources.get(path);
  };
  private makeSource(path: string): ElfSource | undefined {
    if (!path.startsWith("/")) return undefined;
    const file = this.open(path);
    if (typeof file === "number" || file.inode?.type !== S_IFREG) return undefined;
    const st = this.apart(() => file.stat());
    if (typeof st === "number") return undefined;
    const read = (offset: number, length: number): Uint8Array => {
      const into = new Uint8Array(Math.max(0, Math.min(length, st.size - offset)));
      return into.subarray(0, Math.max(0, this.read(file, into, offset)));
    };
    return { size: st.size, read };
  }
  /** Bytes of a file's mapping that the machine has not read yet: see `peek`. */
  readonly untouched = (v: Vma, offset: number, length: number): Uint8Array | undefined => {
    const source = v.source && this.source(v.source.describe());
    if (!source || offset >= source.size) return undefined;
    const out = new Uint8Array(length);
    out.set(source.read(offset, length));
    return out;
  };
}

/** The inode at a path within a file system. */
function inodeAt(fs: FileSystem, path: string): Inode | undefined {
  let at = fs.root;
  for (const name of path.split("/").filter((n) => n !== "")) {
    const next = at.lookup(name);
    if (typeof next === "number") return undefined;
    at = next;
  }
  return at;
}
