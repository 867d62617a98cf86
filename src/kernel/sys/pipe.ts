/** pipe(2), pipe2(2). */
import { EINVAL, EMFILE } from "../../abi/errno.ts";
import { O_CLOEXEC, O_DIRECT, O_NONBLOCK } from "../../abi/fcntl.ts";
import { makePipe } from "../fs/pipe.ts";
import { type Call, type SysResult, sys } from "../types.ts";
import { fdLimit, userOf } from "./support.ts";

function pipe2(call: Call, address: number, flags: number): SysResult {
  if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT)) return -EINVAL;
  const { fds, cred } = call.task;
  const limit = fdLimit(call);
  const numbers = fds.peek(2, limit);
  if (!numbers) return -EMFILE;
  // Copied out first: a fault must leave no descriptors behind.
  userOf(call).writeBytes(address, new Uint8Array(Int32Array.from(numbers).buffer));
  for (const end of makePipe(flags & (O_NONBLOCK | O_DIRECT), cred)) fds.install(end, (flags & O_CLOEXEC) !== 0, limit);
  return 0;
}

export const pipeCalls = [
  sys(22, "pipe", "pipefd:fd_pair", (call, address) => pipe2(call, address, 0)),
  sys(293, "pipe2", "pipefd:fd_pair flags:flags:create", pipe2),
];
