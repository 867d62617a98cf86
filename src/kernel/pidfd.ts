import { EBADF, EINVAL, ESRCH } from "../abi/errno.ts";
import { O_CLOEXEC, O_RDWR } from "../abi/fcntl.ts";
import { POLLIN } from "../abi/poll.ts";
import type { WaitQueue } from "../vfs/types.ts";
import { AnonFile } from "./anon-file.ts";
import { releaseFile } from "./fdtable.ts";
import { ProcessDir } from "./fs/proc-pid.ts";
import type { Process } from "./process.ts";
import type { Task } from "./task.ts";

/** pidfd_open(2): readable once the process has ended. */
export class PidFile extends AnonFile {
  constructor(
    readonly process: Process,
    flags: number,
  ) {
    super("[pidfd]", flags);
    this.queue = process.exitQueue;
  }
  override queue: WaitQueue;
  override read(): number {
    return -EINVAL;
  }
  override poll(): number {
    return this.process.zombie ? POLLIN : 0;
  }
}

/** Whom a pidfd or a descriptor of /proc/PID means, or -errno. */
export function pidfdTarget(task: Task, fd: number): Process | number {
  const file = task.fds.get(fd);
  if (file instanceof PidFile) return file.process;
  const inode = file?.inode;
  if (!(inode instanceof ProcessDir)) return -EBADF;
  return task.kernel.processes.get(inode.machinePid() ?? 0) ?? -ESRCH;
}

/** A descriptor for the process in the task's table, close-on-exec, or -errno. */
export function openPidfd(task: Task, process: Process, flags = 0): number {
  const file = new PidFile(process, O_RDWR | (flags & ~O_CLOEXEC));
  const fd = task.fds.install(file, true, task.process.nofile);
  if (fd < 0) releaseFile(file);
  return fd;
}
