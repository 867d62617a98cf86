import { DT_DIR } from "../abi/dirent.ts";
import { EBADF, EINVAL, EISDIR, ENXIO, ESPIPE } from "../abi/errno.ts";
import { O_ACCMODE, O_APPEND, O_RDONLY, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from "../abi/fcntl.ts";
import { IN_ACCESS, IN_CLOSE_NOWRITE, IN_CLOSE_WRITE, IN_MODIFY } from "../abi/inotify.ts";
import { POLLIN, POLLOUT } from "../abi/poll.ts";
import { placePath } from "./place.ts";
import { type DirEntry, type File, type Inode, type Place, type Stat, WaitQueue } from "./types.ts";
import { tell } from "./watch.ts";

/** What every open file has; each kind overrides what it can do. */
export abstract class BaseFile implements File {
  place: Place | undefined;
  pos = 0;
  refs = 1;
  readonly queue = new WaitQueue();

  constructor(
    readonly inode: Inode | undefined,
    public flags: number,
  ) {}

  read(_into: Uint8Array, _at?: number): number {
    return -EINVAL;
  }
  write(_from: Uint8Array, _at?: number): number {
    return -EINVAL;
  }
  seek(_offset: number, _whence: number): number {
    return -ESPIPE;
  }
  poll(): number {
    return POLLIN | POLLOUT;
  }
  stat(): Stat | number {
    return this.inode ? this.inode.stat() : -EBADF;
  }
  describe(): string {
    if (!this.place) return "anon_inode:[unknown]";
    return this.place.parent || this.place.name === "" ? (placePath(this.place) ?? "") : this.place.name;
  }
  close(): void {}
}

/**
 * New position for lseek(2) on something with a size; data is everywhere up to the end (holes are not told apart), as
 * Linux allows file systems to do.
 */
export function seekWithin(file: { pos: number }, size: () => number, offset: number, whence: number): number {
  let to: number;
  if (whence === SEEK_SET) to = offset;
  else if (whence === SEEK_CUR) to = file.pos + offset;
  else {
    const end = size();
    if (end < 0) return end;
    if (whence === SEEK_END) to = end + offset;
    else if (whence === SEEK_DATA || whence === SEEK_HOLE) {
      if (offset < 0 || offset >= end) return -ENXIO;
      to = whence === SEEK_DATA ? offset : end;
    } else return -EINVAL;
  }
  if (to < 0 || !Number.isSafeInteger(to)) return -EINVAL;
  file.pos = to;
  return to;
}

/** A regular file: positions here, contents in the subclass. */
export abstract class RegularFile extends BaseFile {
  protected closed(): void {
    tell(this.place, (this.flags & O_ACCMODE) === O_RDONLY ? IN_CLOSE_NOWRITE : IN_CLOSE_WRITE);
  }
  protected abstract size(): number;
  /** Bytes read, fewer only at the end of file, or -errno. */
  protected abstract readAt(into: Uint8Array, at: number): number;
  protected abstract writeAt(from: Uint8Array, at: number): number;
  /** Writes at the end of file. */
  protected abstract append(from: Uint8Array): number;

  override read(into: Uint8Array, at?: number): number {
    if (at !== undefined && at < 0) return -EINVAL;
    const n = this.readAt(into, at ?? this.pos);
    if (n > 0) {
      if (at === undefined) this.pos += n;
      tell(this.place, IN_ACCESS);
    }
    return n;
  }
  override write(from: Uint8Array, at?: number): number {
    if (this.flags & O_APPEND) {
      // pwrite(2), BUGS: on Linux it appends too. Only the position differs.
      const n = this.append(from);
      if (n > 0) tell(this.place, IN_MODIFY);
      if (n > 0 && at === undefined) this.pos = Math.max(0, this.size());
      return n;
    }
    if (at !== undefined && at < 0) return -EINVAL;
    const n = this.writeAt(from, at ?? this.pos);
    if (n > 0) {
      if (at === undefined) this.pos += n;
      tell(this.place, IN_MODIFY);
    }
    return n;
  }
  override seek(offset: number, whence: number): number {
    return seekWithin(this, () => this.size(), offset, whence);
  }
}

/** An open directory. The entries are those of the moment at which the position was last 0. */
export class DirFile extends BaseFile {
  private entries: DirEntry[] | undefined;

  constructor(
    private readonly dir: Inode,
    flags: number,
  ) {
    super(dir, flags);
  }
  override read(): number {
    return -EISDIR;
  }
  readdir(): DirEntry[] | number {
    tell(this.place, IN_ACCESS);
    if (this.pos === 0 || !this.entries) {
      if (this.place?.gone) return [];
      const list = this.dir.readdir();
      if (typeof list === "number") return list;
      this.entries = [...this.dots(), ...list, ...this.mounts(list)];
    }
    return this.entries;
  }
  private dots(): DirEntry[] {
    const up = this.place?.parent?.inode ?? this.dir;
    return [
      { name: ".", ino: this.dir.ino, type: DT_DIR },
      { name: "..", ino: up.ino, type: DT_DIR },
    ];
  }
  /** Mount points that the directory itself does not have. */
  private mounts(list: DirEntry[]): DirEntry[] {
    const mounted = this.place?.mount?.mounted.get(this.dir);
    if (!mounted?.size) return [];
    const there = new Set(list.map((e) => e.name));
    return [...mounted]
      .filter(([name]) => !there.has(name))
      .map(([name, m]) => ({ name, ino: m.root.ino, type: m.root.type >>> 12 }));
  }
  override seek(offset: number, whence: number): number {
    const size = () => {
      const list = this.readdir();
      return typeof list === "number" ? list : list.length;
    };
    return seekWithin(this, size, offset, whence);
  }
  sync(): number {
    return 0;
  }
  override close(): void {
    tell(this.place, IN_CLOSE_NOWRITE);
  }
}

/** An O_PATH descriptor: only a place. */
export class PathFile extends BaseFile {
  override read(): number {
    return -EBADF;
  }
  override write(): number {
    return -EBADF;
  }
  override seek(): number {
    return -EBADF;
  }
  override poll(): number {
    return 0;
  }
}
