import { EINVAL, EIO, ENOENT, EPERM } from "../../abi/errno.ts";
import { O_ACCMODE, O_RDONLY } from "../../abi/fcntl.ts";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "../../abi/stat.ts";
import { BaseFile, seekWithin } from "../../vfs/file.ts";
import { BaseInode } from "../../vfs/inode.ts";
import type { Cred, DirEntry, File, FileSystem, Inode, Place, SetAttr, Stat } from "../../vfs/types.ts";
import type { ProcSource } from "./proc-source.ts";

/** A made-up file system: gives its nodes numbers and the time. */
export interface MadeUp extends FileSystem {
  nextIno(): number;
  now(): bigint;
}

/** What the parts of procfs share. */
export interface ProcContext extends MadeUp {
  readonly source: ProcSource;
  /** The root directory of whoever looks. */
  viewRoot(): Place | undefined;
}

/** Who a node belongs to, asked each time: processes change their ids. */
export type Owner = () => { uid: number; gid: number };
const ROOT_OWNER: Owner = () => ({ uid: 0, gid: 0 });

abstract class ProcInode extends BaseInode {
  override readonly cacheable: boolean = false;
  constructor(
    override readonly fs: MadeUp,
    protected readonly mode: number,
    protected readonly owner: Owner,
  ) {
    super(fs, fs.nextIno(), mode & S_IFMT);
  }
  protected links(): number {
    return 1;
  }
  stat(): Stat {
    const { dev } = this.fs;
    const time = this.fs.now();
    const { uid, gid } = this.owner();
    const sizes = { size: 0, blksize: 1024, blocks: 0 };
    const times = { atime: time, mtime: time, ctime: time };
    return { dev, ino: this.ino, mode: this.mode, nlink: this.links(), uid, gid, rdev: 0, ...sizes, ...times };
  }
}

/** Entries of a directory: made when first looked up and then kept, so that each has one identity. */
export type Entries = Record<string, () => Inode>;

/** A directory with fixed entries, and perhaps others that come and go. */
export class ProcDir extends ProcInode {
  private readonly made = new Map<string, Inode>();
  constructor(
    fs: MadeUp,
    private readonly entries: Entries,
    /** Names that change with time: listing and look-up. */
    private readonly extra?: { list(): string[]; get(name: string): Inode | undefined },
    owner: Owner = ROOT_OWNER,
    mode = 0o555,
  ) {
    super(fs, S_IFDIR | mode, owner);
  }
  protected override links(): number {
    return 2;
  }
  override lookup(name: string): Inode | number {
    const make = Object.hasOwn(this.entries, name) ? this.entries[name] : undefined;
    if (!make) return this.extra?.get(name) ?? -ENOENT;
    let inode = this.made.get(name);
    if (!inode) {
      inode = make();
      this.made.set(name, inode);
    }
    return inode;
  }
  /** Names that are not there cannot be made: the look-up says so before anything else does. */
  override create(): number {
    return -ENOENT;
  }
  override mkdir(): number {
    return -ENOENT;
  }
  override mknod(): number {
    return -ENOENT;
  }
  override symlink(): number {
    return -ENOENT;
  }
  override link(): number {
    return -ENOENT;
  }
  override readdir(): DirEntry[] | number {
    const out: DirEntry[] = [];
    for (const name of [...Object.keys(this.entries), ...(this.extra?.list() ?? [])]) {
      const inode = this.lookup(name);
      if (typeof inode !== "number") out.push({ name, ino: inode.ino, type: inode.type >>> 12 });
    }
    return out;
  }
}

/** A link: text, and for magic links the place it leads to. */
export class ProcLink extends ProcInode {
  constructor(
    fs: MadeUp,
    private readonly text: () => string | number,
    place?: () => Place | number,
    owner: Owner = ROOT_OWNER,
    mode = 0o777,
  ) {
    super(fs, S_IFLNK | mode, owner);
    if (place) this.follow = place;
  }
  follow?: () => Place | number;
  override readlink(): string | number {
    return this.text();
  }
}

/** Text as a file; -errno when there is none (the process is gone). Written text is handed over in one piece. */
export interface TextSpec {
  read: () => string | Uint8Array | number;
  /** -errno where it can't be opened. */
  open?: () => number;
  write?: (text: string) => number;
}

export class ProcText extends ProcInode {
  constructor(
    fs: MadeUp,
    private readonly spec: TextSpec,
    owner: Owner = ROOT_OWNER,
    mode = spec.write ? 0o644 : 0o444,
  ) {
    super(fs, S_IFREG | mode, owner);
  }
  override setattr(a: SetAttr): number {
    // Opening with O_TRUNC is allowed and means nothing.
    return a.size !== undefined ? 0 : -EPERM;
  }
  override open(flags: number, _cred: Cred): File | number {
    if ((flags & O_ACCMODE) !== O_RDONLY && !this.spec.write) return -EIO;
    const refused = this.spec.open?.() ?? 0;
    if (refused < 0) return refused;
    return new TextFile(this, flags, this.spec);
  }
}

/** The text as of the last read from its beginning. */
class TextFile extends BaseFile {
  private bytes: Uint8Array | undefined;
  constructor(
    inode: Inode,
    flags: number,
    private readonly spec: TextSpec,
  ) {
    super(inode, flags);
  }
  override read(into: Uint8Array, at?: number): number {
    const from = at ?? this.pos;
    if (from === 0 || !this.bytes) {
      const text = this.spec.read();
      if (typeof text === "number") return text;
      this.bytes = typeof text === "string" ? toBytes(text) : text;
    }
    const part = this.bytes.subarray(from, from + into.length);
    into.set(part);
    if (at === undefined) this.pos += part.length;
    return part.length;
  }
  override write(from: Uint8Array): number {
    const r = this.spec.write?.(String.fromCharCode(...from.subarray(0, 4096))) ?? -EINVAL;
    return r < 0 ? r : from.length;
  }
  override seek(offset: number, whence: number): number {
    return seekWithin(this, () => this.bytes?.length ?? 0, offset, whence);
  }
  truncate(): number {
    return 0;
  }
}

/** Bytes of a byte string. */
export function toBytes(s: string): Uint8Array {
  const out = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) out[i] = s.charCodeAt(i);
  return out;
}
