/** Signal-driven I/O: fcntl(2), F_SETOWN and F_SETSIG. */

import { O_ASYNC } from "../abi/fcntl.ts";
import { POLLIN, POLLOUT } from "../abi/poll.ts";
import { POLL_HUP, POLL_IN, SI_SIGIO, SIGIO, SIGURG, type SigInfo } from "../abi/signal.ts";
import { Attached } from "../base/attached.ts";
import type { File } from "../vfs/types.ts";
import type { Kernel } from "./kernel.ts";
import { kernelInfo, sendToProcess, sendToTask } from "./send.ts";

/** Who is told of a file's events, and how. */
interface Owner {
  /** A process, or negated a group; 0 for nobody. */
  pid: number;
  /** The number is that of one thread, which gets the signal itself. */
  thread: boolean;
  /** 0: SIGIO without further facts. */
  signo: number;
  waiting: boolean;
}

const owners = new Attached<File, Owner>("owner");

export function ownerOf(file: File): Owner {
  let owner = owners.get(file);
  if (!owner) {
    owner = { pid: 0, thread: false, signo: 0, waiting: false };
    owners.set(file, owner);
  }
  return owner;
}

/** Sends the signal from now on whenever something happens at the file, while O_ASYNC is set. */
export function armSigio(kernel: Kernel, file: File): void {
  if (!(file.flags & O_ASYNC) || !file.queue || file.refs <= 0) return;
  const owner = ownerOf(file);
  if (owner.waiting || owner.pid === 0) return;
  owner.waiting = true;
  file.queue.add(() => {
    owner.waiting = false;
    if (file.refs > 0) notify(kernel, file, owner);
    armSigio(kernel, file);
  });
}

function notify(kernel: Kernel, file: File, owner: Owner): void {
  const band = file.poll();
  if (!(file.flags & O_ASYNC) || !(band & ~POLLOUT)) return;
  signalOwner(kernel, owner, { code: band & POLLIN ? POLL_IN : POLL_HUP, band });
}

/** Urgent data came to a socket: its owner is told, O_ASYNC or not (fcntl(2), F_SETOWN). */
export function signalUrgent(kernel: Kernel, file: File): void {
  const owner = owners.get(file);
  if (owner && owner.pid !== 0) deliver(kernel, owner, kernelInfo(SIGURG));
}

/** Sends a file's owner its signal; one that was chosen with F_SETSIG tells of the event. */
export function signalOwner(kernel: Kernel, owner: Owner, event: { code: number; band: number; fd?: number }): void {
  const { signo } = owner;
  deliver(kernel, owner, signo ? { signo, ...event } : { signo: SIGIO, code: SI_SIGIO, band: event.band });
}

function deliver(kernel: Kernel, owner: Owner, info: SigInfo): void {
  if (owner.thread) {
    const task = kernel.tasks.get(owner.pid);
    if (task) sendToTask(task, info);
    return;
  }
  for (const p of kernel.processes.values()) {
    if (p.zombie || (owner.pid > 0 ? p.pid !== owner.pid : p.pgid !== -owner.pid)) continue;
    sendToProcess(p, info);
  }
}
