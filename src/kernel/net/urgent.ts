import { EINVAL } from "../../abi/errno.ts";
import type { Inbox, Received } from "./inbox.ts";

/**
 * Urgent data that has come to one end of a connection (tcp(7)): a byte of the stream that is marked. Only the latest one
 * is; an earlier one that nobody has asked for stands among the others then.
 */
export class Urgent {
  /** Bytes that are read before the marked one; undefined if there is none, or once more has been read. */
  private ahead: number | undefined;
  /** The marked byte until it is taken out of band. */
  private byte: number | undefined;

  constructor(private readonly inbox: Inbox) {}

  /** The next byte is the marked one. */
  get here(): boolean {
    return this.ahead === 0;
  }
  /** It can be taken out of band. */
  get waits(): boolean {
    return this.byte !== undefined;
  }
  /** Bytes that reading gets before it stops, or that come after the mark where reading is there. */
  readable(inline: boolean): number {
    if (!this.ahead) return this.inbox.size - (this.here && !inline ? 1 : 0);
    return this.ahead;
  }
  /** What FIONREAD counts. */
  counted(inline: boolean): number {
    return inline || this.ahead === undefined ? this.inbox.size : this.ahead;
  }
  /** Marks the last byte that has come. A mark just before it that reading stands at is passed over (tcp_check_urg). */
  mark(byte: number, inline: boolean): void {
    if (this.here && !inline) this.inbox.takeBytes(new Uint8Array(1), false);
    this.ahead = this.inbox.size - 1;
    this.byte = byte;
  }
  /** recv(2) with MSG_OOB. */
  take(into: Uint8Array, peek: boolean, inline: boolean): Received | number {
    const { byte } = this;
    if (inline || byte === undefined) return -EINVAL;
    if (!peek) this.byte = undefined;
    const count = Math.min(into.length, 1);
    into.set([byte].slice(0, count));
    return { count, length: count, from: undefined, files: [], sender: undefined };
  }
  /** Reads as far as the mark, or from behind it. */
  read(into: Uint8Array, peek: boolean, inline: boolean): Received | undefined {
    const { ahead, inbox } = this;
    if (ahead === undefined) return inbox.takeBytes(into, peek);
    if (ahead > 0) {
      const got = inbox.takeBytes(into.subarray(0, ahead), peek);
      if (got && !peek) this.ahead = ahead - got.count;
      return got;
    }
    if (!inline) return this.readBehind(into, peek);
    const got = inbox.takeBytes(into, peek);
    if (got && got.count > 0 && !peek) this.forget();
    return got;
  }
  private readBehind(into: Uint8Array, peek: boolean): Received | undefined {
    if (!peek) {
      this.inbox.takeBytes(new Uint8Array(1), false);
      this.forget();
      return this.inbox.takeBytes(into, false);
    }
    const all = new Uint8Array(into.length + 1);
    const got = this.inbox.takeBytes(all, true);
    if (!got || got.count <= 1) return undefined;
    into.set(all.subarray(1, got.count));
    return { ...got, count: got.count - 1, length: got.length - 1 };
  }
  private forget(): void {
    this.ahead = undefined;
    this.byte = undefined;
  }
}
