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
  /** EPOLLET: something happened since it was last reported. */
  fresh: boolean;
  /** EPOLLONESHOT has fired. */
  disabled: boolean;
  wake: () => void;
}

/** The bits of `events` that ask for readiness; the rest are modes. */
const READY_BITS = 0x3fff;

/** An epoll instance. It stays registered with every watched file's queue, and passes wake-ups on to its own. */
export class EpollFile extends AnonFile {
  private interests: Interest[] = [];

  constructor() {
    super("[eventpoll]", O_RDWR);
  }
  private find(fd: number, file: File): Interest | undefined {
    return this.interests.find((i) => i.fd === fd && i.file === file);
  }
  add(fd: number, file: File, event: EpollEvent): number {
    this.sweep();
    if (this.find(fd, file)) return -EEXIST;
    const interest: Interest = { ...event, fd, file, fresh: true, disabled: false, wake: () => {} };
    interest.wake = () => {
      // A queue forgets who it woke, so register again for the next event.
      file.queue.add(interest.wake);
      interest.fresh = true;
      this.queue.wake();
    };
    file.queue.add(interest.wake);
    this.interests.push(interest);
    this.queue.wake();
    return 0;
  }
  modify(fd: number, file: File, event: EpollEvent): number {
    const interest = this.find(fd, file);
    if (!interest) return -ENOENT;
    Object.assign(interest, event, { fresh: true, disabled: false });
    this.queue.wake();
    return 0;
  }
  remove(fd: number, file: File): number {
    const interest = this.find(fd, file);
    if (!interest) return -ENOENT;
    this.drop(interest);
    return 0;
  }
  private drop(interest: Interest): void {
    interest.file.queue.remove(interest.wake);
    this.interests = this.interests.filter((i) => i !== interest);
  }
  /** Forgets files that were closed for good. */
  private sweep(): void {
    for (const i of this.interests) if (i.file.refs === 0) this.drop(i);
  }
  private ready(i: Interest): number {
    if (i.disabled || (i.events & EPOLLET && !i.fresh)) return 0;
    return i.file.poll() & ((i.events & READY_BITS) | POLLERR | POLLHUP);
  }
  /** Takes up to `max` events, round robin: what was reported goes to the end. */
  take(max: number): EpollEvent[] {
    this.sweep();
    const out: EpollEvent[] = [];
    const reported: Interest[] = [];
    for (const i of this.interests) {
      if (out.length === max) break;
      const events = this.ready(i);
      if (!events) continue;
      out.push({ events, data: i.data });
      reported.push(i);
      i.fresh = false;
      if (i.events & EPOLLONESHOT) i.disabled = true;
    }
    this.interests = this.interests.filter((i) => !reported.includes(i)).concat(reported);
    return out;
  }
  /** Whether `file` is watched here or in an epoll instance watched here: adding it would make a loop. */
  reaches(file: File): boolean {
    return this.interests.some((i) => i.file === file || (i.file instanceof EpollFile && i.file.reaches(file)));
  }
  override poll(): number {
    return this.interests.some((i) => i.file.refs > 0 && this.ready(i)) ? POLLIN : 0;
  }
  override close(): void {
    for (const i of this.interests) i.file.queue.remove(i.wake);
    this.interests = [];
  }
}
