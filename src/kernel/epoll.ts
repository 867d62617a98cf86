import { EEXIST, ENOENT } from "../abi/errno.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { EPOLLET, EPOLLONESHOT, POLLERR, POLLHUP, POLLIN } from "../abi/poll.ts";
import type { File } from "../vfs/types.ts";
import { AnonFile } from "./anon-file.ts";

export interface EpollEvent {
  events: number;
  data: bigint;
}

/** One entry of the interest list: a descriptor and the open file it meant when it was added (epoll(7)). */
interface Interest extends EpollEvent {
  fd: number;
  file: File;
  /** EPOLLONESHOT has fired. */
  disabled: boolean;
  wake: () => void;
}

/** The bits of `events` that ask for readiness; the rest are modes. */
const READY_BITS = 0x3fff;

/** The epoll instances that watch a file. */
const watchers = new WeakMap<File, Set<EpollFile>>();

/** A file was closed for good: nobody watches it any more (epoll(7), question 6). */
export function closedForEpoll(file: File): void {
  for (const epoll of watchers.get(file) ?? []) epoll.forget(file);
  watchers.delete(file);
}

/**
 * An epoll instance. It stays registered with every watched file's queue, and passes wake-ups on to its own. Only files
 * that were woken since they were last found not ready are looked at, so many idle ones cost nothing.
 */
export class EpollFile extends AnonFile {
  private readonly interests = new Map<File, Map<number, Interest>>();
  /** Those that may be ready, in the order in which they will be reported. */
  private readonly candidates = new Set<Interest>();

  constructor() {
    super("[eventpoll]", O_RDWR);
  }
  private find(fd: number, file: File): Interest | undefined {
    return this.interests.get(file)?.get(fd);
  }
  add(fd: number, file: File, event: EpollEvent): number {
    if (this.find(fd, file)) return -EEXIST;
    const interest: Interest = { ...event, fd, file, disabled: false, wake: () => {} };
    interest.wake = () => {
      // A queue forgets who it woke, so register again for the next event.
      file.queue.add(interest.wake);
      this.consider(interest);
    };
    file.queue.add(interest.wake);
    const byFd = this.interests.get(file) ?? new Map<number, Interest>();
    this.interests.set(file, byFd.set(fd, interest));
    const watching = watchers.get(file) ?? new Set();
    watchers.set(file, watching.add(this));
    this.consider(interest);
    return 0;
  }
  modify(fd: number, file: File, event: EpollEvent): number {
    const interest = this.find(fd, file);
    if (!interest) return -ENOENT;
    Object.assign(interest, event, { disabled: false });
    this.consider(interest);
    return 0;
  }
  remove(fd: number, file: File): number {
    const interest = this.find(fd, file);
    if (!interest) return -ENOENT;
    this.drop(interest);
    const byFd = this.interests.get(file);
    byFd?.delete(fd);
    if (byFd?.size === 0) {
      this.interests.delete(file);
      watchers.get(file)?.delete(this);
    }
    return 0;
  }
  forget(file: File): void {
    for (const interest of this.interests.get(file)?.values() ?? []) this.drop(interest);
    this.interests.delete(file);
  }
  private drop(interest: Interest): void {
    interest.file.queue.remove(interest.wake);
    this.candidates.delete(interest);
  }
  private consider(interest: Interest): void {
    this.candidates.add(interest);
    this.queue.wake();
  }
  private ready(i: Interest): number {
    return i.disabled ? 0 : i.file.poll() & ((i.events & READY_BITS) | POLLERR | POLLHUP);
  }
  /** The events of a candidate; one without is a candidate no more. */
  private check(i: Interest): number {
    const events = this.ready(i);
    if (!events && !i.file.pollsByTask) this.candidates.delete(i);
    return events;
  }
  /** Takes up to `max` events, round robin: what was reported goes to the end. */
  take(max: number): EpollEvent[] {
    const out: EpollEvent[] = [];
    const reported: Interest[] = [];
    for (const i of this.candidates) {
      if (out.length === max) break;
      const events = this.check(i);
      if (!events) continue;
      out.push({ events, data: i.data });
      reported.push(i);
    }
    for (const i of reported) {
      this.candidates.delete(i);
      if (i.events & EPOLLONESHOT) i.disabled = true;
      // EPOLLET: again only when something has happened.
      else if (!(i.events & EPOLLET)) this.candidates.add(i);
    }
    return out;
  }
  /** Whether `file` is watched here or in an epoll instance watched here: adding it would make a loop. */
  reaches(file: File): boolean {
    if (this.interests.has(file)) return true;
    return [...this.interests.keys()].some((f) => f instanceof EpollFile && f.reaches(file));
  }
  override poll(): number {
    for (const i of this.candidates) if (this.check(i)) return POLLIN;
    return 0;
  }
  override close(): void {
    for (const [file, byFd] of this.interests) {
      for (const interest of byFd.values()) this.drop(interest);
      watchers.get(file)?.delete(this);
    }
    this.interests.clear();
  }
}
