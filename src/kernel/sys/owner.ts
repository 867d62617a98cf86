/** Who gets a file's signals: fcntl(2), F_SETOWN and F_SETOWN_EX. */
import { EINVAL, ESRCH } from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import type { File } from "../../vfs/types.ts";
import { armSigio, ownerOf } from "../sigio.ts";
import type { Call } from "../types.ts";
import { userOf } from "./support.ts";

/** The commands about owners; undefined for others. Numbers are those of the caller's pid namespace. */
export function ownerCommand(call: Call, file: File, command: number, arg: number): number | undefined {
  const { pidNs } = call.task.process;
  const owner = ownerOf(file);
  const kind = owner.thread ? F.F_OWNER_TID : owner.pid < 0 ? F.F_OWNER_PGRP : F.F_OWNER_PID;
  const number = owner.pid === 0 ? 0 : pidNs.shown(Math.abs(owner.pid));
  switch (command) {
    case F.F_GETOWN:
      return kind === F.F_OWNER_PGRP ? -number : number;
    case F.F_SETOWN:
      return arg >> 31 < 0
        ? setOwner(call, file, F.F_OWNER_PGRP, -(arg | 0))
        : setOwner(call, file, F.F_OWNER_PID, arg | 0);
    case F.F_GETOWN_EX:
      // struct f_owner_ex: kind, number.
      userOf(call).writeBytes(arg, new Uint8Array(Int32Array.of(kind, number).buffer));
      return 0;
    case F.F_SETOWN_EX: {
      const user = userOf(call);
      return setOwner(call, file, user.i32(arg), user.i32(arg + 4));
    }
  }
  return undefined;
}

function setOwner(call: Call, file: File, kind: number, number: number): number {
  if (kind < F.F_OWNER_TID || kind > F.F_OWNER_PGRP) return -EINVAL;
  const { kernel, task } = call;
  const id = number === 0 ? 0 : task.process.pidNs.machine(number);
  const group = kind === F.F_OWNER_PGRP;
  const known =
    kind === F.F_OWNER_TID
      ? kernel.tasks.has(id)
      : [...kernel.processes.values()].some((p) => (group ? p.pgid : p.pid) === id);
  if (id !== 0 && !known) return -ESRCH;
  Object.assign(ownerOf(file), { pid: group ? -id : id, thread: id !== 0 && kind === F.F_OWNER_TID });
  armSigio(kernel, file);
  return 0;
}
