/** inotify(7): an open file that reports what happens to watched inodes. */
import { EAGAIN, EEXIST, EINVAL } from "../abi/errno.ts";
import { O_RDONLY } from "../abi/fcntl.ts";
import * as IN from "../abi/inotify.ts";
import { FIONREAD } from "../abi/ioctl.ts";
import { POLLIN } from "../abi/poll.ts";
import type { Inode, IoctlMemory } from "../vfs/types.ts";
import { addWatcher, removeWatcher, type Watcher } from "../vfs/watch.ts";
import { AnonFile } from "./anon-file.ts";

/** /proc/sys/fs/inotify/max_queued_events. */
const MAX_EVENTS = 16384;
/** Milliseconds within which a change seen by the host is taken to be one that was reported already. */
const OWN = 300;

interface Event {
  wd: number;
  mask: number;
  cookie: number;
  name: string;
}

class Watch implements Watcher {
  private stopOutside: (() => void) | undefined;
  /** When the guest itself did something to each name, so that the host's report of it is not a second event. */
  private readonly own = new Map<string, number>();

  constructor(
    readonly wd: number,
    readonly inode: Inode,
    public mask: number,
    private readonly queue: InotifyFile,
  ) {
    addWatcher(inode, this);
    this.stopOutside = inode.watchOutside?.((kind, name) => this.outside(kind, name));
  }
  event(mask: number, name: string, cookie: number): void {
    this.own.set(name, this.queue.now());
    if (this.own.size > 1000) this.own.clear();
    this.report(mask, name, cookie);
    if (mask & IN.IN_DELETE_SELF) this.queue.drop(this);
  }
  private report(mask: number, name: string, cookie: number): void {
    if (!(mask & this.mask & IN.IN_ALL_EVENTS)) return;
    this.queue.push({ wd: this.wd, mask, cookie, name });
    if (this.mask & IN.IN_ONESHOT) this.queue.drop(this);
  }
  /** A change that other programs of the host made. It tells little: a name came or went, or contents or attributes changed. */
  private outside(kind: "changed" | "came" | "went", name: string): void {
    const last = Math.max(this.own.get(name) ?? 0, this.own.get("") ?? 0);
    if (this.queue.now() - last < OWN) return;
    const mask = { changed: IN.IN_MODIFY, came: IN.IN_CREATE, went: IN.IN_DELETE }[kind];
    this.report(mask, name, 0);
  }
  stop(): void {
    removeWatcher(this.inode, this);
    this.stopOutside?.();
  }
}

export class InotifyFile extends AnonFile {
  private readonly watches = new Map<number, Watch>();
  private events: Event[] = [];
  private nextWd = 1;

  /** `now`: milliseconds. */
  constructor(
    flags: number,
    readonly now: () => number,
  ) {
    super("inotify", flags | O_RDONLY);
  }
  /** inotify_add_watch(2): the watch descriptor or -errno. */
  add(inode: Inode, mask: number): number {
    if (!(mask & IN.IN_ALL_EVENTS)) return -EINVAL;
    const old = [...this.watches.values()].find((w) => w.inode === inode);
    if (!old) {
      const watch = new Watch(this.nextWd++, inode, mask, this);
      this.watches.set(watch.wd, watch);
      return watch.wd;
    }
    if (mask & IN.IN_MASK_CREATE) return -EEXIST;
    old.mask = mask & IN.IN_MASK_ADD ? old.mask | mask : mask;
    return old.wd;
  }
  remove(wd: number): number {
    const watch = this.watches.get(wd);
    if (!watch) return -EINVAL;
    this.drop(watch);
    return 0;
  }
  /** Ends a watch, with the event that says so. */
  drop(watch: Watch): void {
    if (!this.watches.delete(watch.wd)) return;
    watch.stop();
    this.push({ wd: watch.wd, mask: IN.IN_IGNORED, cookie: 0, name: "" });
  }
  push(e: Event): void {
    const last = this.events.at(-1);
    if (last && last.wd === e.wd && last.mask === e.mask && last.cookie === e.cookie && last.name === e.name) return;
    if (this.events.length < MAX_EVENTS) this.events.push(e);
    else if (last && last.mask !== IN.IN_Q_OVERFLOW) {
      this.events.push({ wd: -1, mask: IN.IN_Q_OVERFLOW, cookie: 0, name: "" });
    }
    this.queue.wake();
  }
  override read(into: Uint8Array): number {
    if (this.events.length === 0) return -EAGAIN;
    let at = 0;
    while (this.events.length > 0) {
      const bytes = encode(this.events[0]);
      if (at + bytes.length > into.length) break;
      into.set(bytes, at);
      at += bytes.length;
      this.events.shift();
    }
    return at || -EINVAL;
  }
  override poll(): number {
    return this.events.length > 0 ? POLLIN : 0;
  }
  ioctl(request: number, arg: number, io: IoctlMemory): number {
    if (request !== FIONREAD) return -EINVAL;
    const n = this.events.reduce((sum, e) => sum + encode(e).length, 0);
    io.writeBytes(arg, new Uint8Array(Int32Array.of(n).buffer));
    return 0;
  }
  override close(): void {
    for (const w of this.watches.values()) w.stop();
    this.watches.clear();
  }
}

/** struct inotify_event: wd, mask, cookie, length of the name, which is padded with NULs to a multiple of 16. */
function encode(e: Event): Uint8Array {
  const length = e.name === "" ? 0 : Math.ceil((e.name.length + 1) / 16) * 16;
  const out = new Uint8Array(16 + length);
  const v = new DataView(out.buffer);
  v.setInt32(0, e.wd, true);
  v.setUint32(4, e.mask, true);
  v.setUint32(8, e.cookie, true);
  v.setUint32(12, length, true);
  for (let i = 0; i < e.name.length; i++) out[16 + i] = e.name.charCodeAt(i);
  return out;
}
