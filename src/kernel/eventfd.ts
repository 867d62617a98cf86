import { EAGAIN, EINVAL } from "../abi/errno.ts";
import { O_RDWR } from "../abi/fcntl.ts";
import { POLLIN, POLLOUT } from "../abi/poll.ts";
import { AnonFile } from "./anon-file.ts";

/** The counter may not reach all ones (eventfd(2)). */
const MAX = 0xfffffffffffffffen;

/** eventfd(2): a 64-bit counter. */
export class EventFile extends AnonFile {
  constructor(
    private count: bigint,
    private readonly semaphore: boolean,
    flags: number,
  ) {
    super("[eventfd]", flags | O_RDWR);
  }
  override read(into: Uint8Array): number {
    if (into.length < 8) return -EINVAL;
    if (this.count === 0n) return -EAGAIN;
    const taken = this.semaphore ? 1n : this.count;
    this.count -= taken;
    new DataView(into.buffer, into.byteOffset, 8).setBigUint64(0, taken, true);
    this.queue.wake();
    return 8;
  }
  override write(from: Uint8Array): number {
    if (from.length < 8) return -EINVAL;
    const added = new DataView(from.buffer, from.byteOffset, 8).getBigUint64(0, true);
    if (added === 0xffffffffffffffffn) return -EINVAL;
    if (this.count + added > MAX) return -EAGAIN;
    this.count += added;
    this.queue.wake();
    return 8;
  }
  override poll(): number {
    const room = this.count < MAX ? POLLOUT : 0;
    return room | (this.count > 0n ? POLLIN : 0);
  }
}
