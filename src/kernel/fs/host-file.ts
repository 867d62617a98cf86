import { EBADF, EINVAL, EOPNOTSUPP } from "../../abi/errno.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  FALLOC_FL_ZERO_RANGE,
  O_ACCMODE,
  O_APPEND,
  O_RDONLY,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { IN_MODIFY } from "../../abi/inotify.ts";
import type { HostFs, HostStat } from "../../host/types.ts";
import { PAGE } from "../../mmu/frames.ts";
import { RegularFile } from "../../vfs/file.ts";
import type { FillPage, InodePages } from "../../vfs/page-cache.ts";
import type { Inode, Stat } from "../../vfs/types.ts";
import { tell } from "../../vfs/watch.ts";

/** Milliseconds for which cached pages are taken to be what the host has. */
const RECENT = 20;

/** What an open file asks of its inode. */
export interface HostFileOwner extends Inode {
  readonly files: Set<HostFile>;
  readonly pages: InodePages;
  /** Does the host's file look as it did when the cached pages were last known to agree? */
  isVersion(st: HostStat): boolean;
  setVersion(st: HostStat): void;
  /** pwrite through a fresh descriptor. */
  writeElsewhere(from: Uint8Array, at: number): number;
  noteDirty(): void;
  flush(): number;
  closed(file: HostFile): void;
}

/** A regular file of the host, open: its own host descriptor, so that it outlives its name. */
export class HostFile extends RegularFile {
  /** The host appends by itself. */
  private readonly hostAppends: boolean;
  /** When a page was last found to be the host's, milliseconds. */
  private checked = 0;

  constructor(
    override readonly inode: HostFileOwner,
    private readonly host: HostFs,
    readonly fd: number,
    flags: number,
  ) {
    super(inode, flags);
    this.hostAppends = (flags & O_APPEND) !== 0;
    inode.files.add(this);
    this.revalidate();
  }
  get readable(): boolean {
    return (this.flags & O_ACCMODE) !== O_WRONLY;
  }
  get writable(): boolean {
    return (this.flags & O_ACCMODE) !== O_RDONLY;
  }
  private readonly fill: FillPage = (index, page) => {
    const n = this.host.pread(this.fd, page, index * PAGE);
    if (n < 0) return n;
    page.fill(0, n);
    return 0;
  };
  /** The host's other programs may have changed the file since its pages were read. */
  private revalidate(): void {
    if (this.inode.pages.count === 0 || !this.readable) return;
    const st = this.host.fstat(this.fd);
    if (typeof st !== "number") this.agree(st);
  }
  private agree(st: HostStat): void {
    const { pages } = this.inode;
    if (this.inode.isVersion(st)) return;
    pages.refresh(this.fill);
    pages.truncate(st.size);
    this.inode.setVersion(st);
  }
  /** After a change of ours: the host's new time stamp is no news. */
  private wrote(): void {
    if (this.inode.pages.count === 0) return;
    const st = this.host.fstat(this.fd);
    if (typeof st !== "number") this.inode.setVersion(st);
  }

  override stat(): Stat | number {
    return this.host.fstat(this.fd);
  }
  protected override size(): number {
    const st = this.host.fstat(this.fd);
    return typeof st === "number" ? st : st.size;
  }
  protected override readAt(into: Uint8Array, at: number): number {
    if (!this.readable) return -EBADF;
    const { pages } = this.inode;
    if (pages.count === 0) return this.host.pread(this.fd, into, at);
    const st = this.host.fstat(this.fd);
    if (typeof st === "number") return st;
    this.agree(st);
    const { size } = st;
    if (at >= size) return 0;
    const part = into.length > size - at ? into.subarray(0, size - at) : into;
    return pages.read(part, at, (p, from) => this.host.pread(this.fd, p, from));
  }
  protected override writeAt(from: Uint8Array, at: number): number {
    if (!this.writable) return -EBADF;
    // A descriptor on which O_APPEND was cleared later would still append: the host is asked for another one.
    if (this.hostAppends) return this.inode.writeElsewhere(from, at);
    const n = this.host.pwrite(this.fd, from, at);
    if (n > 0) this.inode.pages.update(from.subarray(0, n), at);
    this.wrote();
    return n;
  }
  protected override append(from: Uint8Array): number {
    if (!this.writable) return -EBADF;
    if (!this.hostAppends) return this.writeAt(from, this.size());
    const n = this.host.pwrite(this.fd, from, -1);
    if (n > 0 && this.inode.pages.count > 0) this.inode.pages.update(from.subarray(0, n), this.size() - n);
    this.wrote();
    return n;
  }

  truncate(size: number): number {
    if (!this.writable) return -EINVAL;
    const r = this.host.ftruncate(this.fd, size);
    if (r === 0) this.inode.pages.truncate(size);
    if (r === 0) tell(this.place, IN_MODIFY);
    this.wrote();
    return r;
  }
  allocate(mode: number, offset: number, length: number): number {
    if (!this.writable) return -EBADF;
    const keep = (mode & FALLOC_FL_KEEP_SIZE) !== 0;
    const zeroes = (mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) !== 0;
    if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) return -EOPNOTSUPP;
    if (mode & FALLOC_FL_PUNCH_HOLE && !keep) return -EOPNOTSUPP;
    const size = this.size();
    const end = offset + length;
    if (zeroes) {
      const block = new Uint8Array(65536);
      for (let at = offset; at < Math.min(end, size); at += block.length) {
        const n = this.writeAt(block.subarray(0, Math.min(block.length, Math.min(end, size) - at)), at);
        if (n < 0) return n;
      }
    }
    return !keep && end > size ? this.truncate(end) : 0;
  }

  page(offset: number): number {
    if (!this.readable) return 0;
    const { pages } = this.inode;
    const index = Math.floor(offset / PAGE);
    if (pages.has(index) && this.host.now() - this.checked < RECENT) return pages.cached(index);
    const st = this.host.fstat(this.fd);
    if (typeof st === "number" || offset >= st.size) return 0;
    if (pages.count === 0) this.inode.setVersion(st);
    else this.agree(st);
    this.checked = this.host.now();
    if (!pages.has(index))
      pages.readAround(index, st.size, (into, from) => this.host.pread(this.fd, into, from * PAGE));
    return Math.max(0, pages.get(index, this.fill));
  }
  cachedPage(offset: number): number {
    return this.inode.pages.cached(Math.floor(offset / PAGE));
  }
  dirty(offset: number): void {
    this.inode.pages.markDirty(Math.floor(offset / PAGE));
    this.inode.noteDirty();
  }
  writeback(from: number, to: number): number {
    const { pages } = this.inode;
    if (!pages.hasDirty || !this.writable) return 0;
    const r = pages.flush(Math.floor(from / PAGE), Math.ceil(to / PAGE), this.size(), (index, page) =>
      Math.min(0, this.host.pwrite(this.fd, page, index * PAGE)),
    );
    this.wrote();
    return r;
  }
  sync(dataOnly: boolean): number {
    const r = this.inode.flush();
    return r < 0 ? r : this.host.fsync(this.fd, dataOnly);
  }
  override close(): void {
    this.closed();
    this.writeback(0, Number.POSITIVE_INFINITY);
    this.host.close(this.fd);
    this.inode.closed(this);
  }
}
