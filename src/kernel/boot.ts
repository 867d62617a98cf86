/** The first process. */
import { O_NONBLOCK } from "../abi/fcntl.ts";
import type { File, Place } from "../vfs/types.ts";
import { makeCred } from "./cred.ts";
import { FdTable } from "./fdtable.ts";
import { FsInfo } from "./fsinfo.ts";
import type { Kernel } from "./kernel.ts";
import { Mm } from "./mm.ts";
import { Process } from "./process.ts";
import { SigHand } from "./sighand.ts";
import { Task } from "./task.ts";

export interface BootOptions {
  /** For descriptors 0, 1, 2: one reference each, taken over. */
  stdio: readonly File[];
  /** Further ones, by number. */
  inherited?: readonly (readonly [number, File])[];
  cwd: Place;
}

/** A process with one thread and empty memory, as the leader of its own session; `exec` gives it a program. */
export function createFirst(kernel: Kernel, options: BootOptions): Task {
  const { ids } = kernel.host;
  const process = new Process(kernel, kernel.allocPid(), undefined);
  kernel.processes.set(process.pid, process);
  const mm = Mm.create(kernel);
  if (!mm) throw new Error("no memory for the first process");
  const cred = makeCred(ids.uid, ids.gid, kernel.userNs);
  if (ids.groups) cred.groups = [...ids.groups];
  const task = new Task(kernel, process.pid, process, {
    mm,
    fds: new FdTable(),
    fs: new FsInfo(kernel.vfs.root, options.cwd, ids.umask ?? 0o022),
    sighand: new SigHand(),
    cred,
    ns: kernel.namespaces,
  });
  process.uid = cred.uid;
  kernel.tasks.set(task.tid, task);
  for (const file of options.stdio) {
    file.flags &= ~O_NONBLOCK;
    task.fds.install(file, false, process.nofile);
  }
  for (const [fd, file] of options.inherited ?? []) task.fds.install(file, false, process.nofile, fd);
  return task;
}
