import { MSGMNB } from "../abi/ipc.ts";
import { WaitQueue } from "../vfs/types.ts";
import type { IpcObject, IpcPerm } from "./ipc.ts";

interface Message {
  type: number;
  bytes: Uint8Array;
}

/** A System V message queue. */
export class MessageQueue implements IpcObject {
  removed = false;
  readonly messages: Message[] = [];
  readonly queue = new WaitQueue();
  /** Most bytes in the queue. */
  limit = MSGMNB;
  stime = 0n;
  rtime = 0n;
  ctime = 0n;
  sender = 0;
  receiver = 0;
  constructor(readonly perm: IpcPerm) {}
  get bytes(): number {
    return this.messages.reduce((sum, m) => sum + m.bytes.length, 0);
  }
}
