/** fcntl(2), F_NOTIFY: a signal when something happens in a directory. inotify(7) came after it and tells more. */
import * as F from "../abi/fcntl.ts";
import * as IN from "../abi/inotify.ts";
import { Attached } from "../base/attached.ts";
import type { File, Inode } from "../vfs/types.ts";
import { addWatcher, removeWatcher, type Watcher } from "../vfs/watch.ts";

/** Which events of inotify each bit asks for (fs/notify/dnotify/dnotify.c); a rename is told of where the name went. */
const EVENTS: readonly (readonly [number, number])[] = [
  [F.DN_ACCESS, IN.IN_ACCESS],
  [F.DN_MODIFY, IN.IN_MODIFY],
  [F.DN_CREATE, IN.IN_CREATE | IN.IN_MOVED_TO],
  [F.DN_DELETE, IN.IN_DELETE | IN.IN_MOVED_FROM],
  [F.DN_RENAME, IN.IN_MOVED_FROM],
  [F.DN_ATTRIB, IN.IN_ATTRIB],
];

class Notice implements Watcher {
  private mask = 0;
  private again = false;

  constructor(
    private readonly inode: Inode,
    private readonly file: File,
    private readonly tell: () => void,
  ) {
    addWatcher(inode, this);
  }
  /** Bits of calls for the same open directory add up. */
  ask(bits: number): void {
    for (const [bit, events] of EVENTS) if (bits & bit) this.mask |= events;
    this.again ||= (bits & F.DN_MULTISHOT) !== 0;
  }
  event(mask: number): void {
    if (!(mask & this.mask)) return;
    this.tell();
    if (!this.again) forgetNotices(this.file);
  }
  stop(): void {
    removeWatcher(this.inode, this);
  }
}

const notices = new Attached<File, Notice>("notices");

/** Calls `tell` when one of the things happens that `bits` (DN_) name, once or, with DN_MULTISHOT, each time. */
export function askNotices(file: File, inode: Inode, bits: number, tell: () => void): void {
  const notice = notices.get(file) ?? new Notice(inode, file, tell);
  notices.set(file, notice);
  notice.ask(bits);
}

/** The file was closed, or wants to hear no more. */
export function forgetNotices(file: File): void {
  notices.get(file)?.stop();
  notices.delete(file);
}
