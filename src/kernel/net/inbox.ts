import type { File } from "../../vfs/types.ts";
import { releaseFile } from "../fdtable.ts";
import type { Address } from "./address.ts";
import type { Travel } from "./ancillary.ts";

/** Who sent something, for SO_PEERCRED and SCM_CREDENTIALS. */
export interface Sender {
  pid: number;
  uid: number;
  gid: number;
}

/** One message; of a byte stream, one piece. */
export interface Message {
  bytes: Uint8Array;
  from: Address | undefined;
  /** Files that travel with it (SCM_RIGHTS), a reference each. */
  files: File[];
  sender: Sender;
  /** Of datagrams of ip(7). */
  travel?: Travel;
}

/** What a receiver gets. */
export interface Received {
  /** Bytes copied. */
  count: number;
  /** Length of the whole message, for MSG_TRUNC. */
  length: number;
  from: Address | undefined;
  files: File[];
  sender: Sender | undefined;
  travel?: Travel;
}

/** Messages that have arrived and wait for a receiver. */
export class Inbox {
  private readonly messages: Message[] = [];
  /** Bytes waiting. */
  size = 0;
  /** SO_RCVBUF: no more than this waits. Linux's default of net.core.rmem_default. */
  limit = 212992;

  get empty(): boolean {
    return this.messages.length === 0;
  }
  get room(): number {
    return Math.max(0, this.limit - this.size);
  }
  push(m: Message): void {
    this.messages.push(m);
    this.size += m.bytes.length;
  }
  /** Takes one whole message, what does not fit is lost; undefined when there is none. */
  takeMessage(into: Uint8Array, peek: boolean): Received | undefined {
    const m = peek ? this.messages[0] : this.messages.shift();
    if (!m) return undefined;
    const count = Math.min(into.length, m.bytes.length);
    into.set(m.bytes.subarray(0, count));
    if (!peek) this.size -= m.bytes.length;
    const files = peek ? [] : m.files;
    return { count, length: m.bytes.length, from: m.from, files, sender: m.sender, travel: m.travel };
  }
  /** Takes bytes across pieces; files that travel end what one call takes (unix(7)). */
  takeBytes(into: Uint8Array, peek: boolean): Received | undefined {
    const first = this.messages[0];
    if (!first) return undefined;
    const { files, sender, from } = first;
    let count = 0;
    let index = 0;
    while (count < into.length && index < this.messages.length) {
      const m = this.messages[index];
      if (index > 0 && (m.files.length > 0 || files.length > 0)) break;
      const n = Math.min(into.length - count, m.bytes.length);
      into.set(m.bytes.subarray(0, n), count);
      count += n;
      if (n < m.bytes.length) {
        if (!peek) Object.assign(m, { bytes: m.bytes.subarray(n), files: [] });
        break;
      }
      index++;
    }
    if (!peek) {
      this.messages.splice(0, index);
      this.size -= count;
    }
    return { count, length: count, from, files: peek ? [] : files, sender };
  }
  /** Throws everything away, with the files that were on their way. */
  clear(): void {
    for (const m of this.messages) for (const f of m.files) releaseFile(f);
    this.messages.length = 0;
    this.size = 0;
  }
}
