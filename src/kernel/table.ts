/** Every system call there is here: one list, made of the families' lists. */
import { attributeCalls } from "./sys/attributes.ts";
import { dirCalls } from "./sys/dir.ts";
import { eventCalls } from "./sys/event.ts";
import { fdCalls } from "./sys/fd.ts";
import { fileCalls } from "./sys/file.ts";
import { rows as futexCalls } from "./sys/futex.ts";
import { rows as futexWaitvCalls } from "./sys/futex-waitv.ts";
import { rows as identityCalls } from "./sys/identity.ts";
import { inotifyCalls } from "./sys/inotify.ts";
import { ioctlCalls } from "./sys/ioctl.ts";
import { rows as ioprioCalls } from "./sys/ioprio.ts";
import { rows as ldtCalls } from "./sys/ldt.ts";
import { memfdCalls } from "./sys/memfd.ts";
import { rows as memoryCalls } from "./sys/memory.ts";
import { messageCalls } from "./sys/message.ts";
import { rows as miscCalls } from "./sys/misc.ts";
import { mountCalls } from "./sys/mount.ts";
import { rows as mqueueCalls } from "./sys/mqueue.ts";
import { rows as msgCalls } from "./sys/msg.ts";
import { nameCalls } from "./sys/names.ts";
import { rows as namespaceCalls } from "./sys/namespaces.ts";
import { numaCalls } from "./sys/numa.ts";
import { openCalls } from "./sys/open.ts";
import { rows as otherProcessCalls } from "./sys/other-process.ts";
import { pipeCalls } from "./sys/pipe.ts";
import { pollCalls } from "./sys/poll.ts";
import { rows as processCalls } from "./sys/process.ts";
import { rows as ptraceCalls } from "./sys/ptrace.ts";
import { readWriteCalls } from "./sys/read-write.ts";
import { rows as refusedCalls } from "./sys/refused.ts";
import { rows as rseqCalls } from "./sys/rseq.ts";
import { rows as schedCalls } from "./sys/sched.ts";
import { rows as seccompCalls } from "./sys/seccomp.ts";
import { rows as semCalls } from "./sys/sem.ts";
import { rows as shmCalls } from "./sys/shm.ts";
import { rows as signalCalls } from "./sys/signal.ts";
import { socketCalls } from "./sys/socket.ts";
import { sockoptCalls } from "./sys/sockopt.ts";
import { spliceCalls } from "./sys/splice.ts";
import { statCalls } from "./sys/stat.ts";
import { rows as timeCalls } from "./sys/time.ts";
import { rows as timerfdCalls } from "./sys/timerfd.ts";
import { rows as timexCalls } from "./sys/timex.ts";
import { rows as wait4Calls } from "./sys/wait4.ts";
import { xattrCalls } from "./sys/xattr.ts";
import type { SyscallRow } from "./types.ts";

export const syscalls: readonly SyscallRow[] = [
  ...readWriteCalls,
  ...openCalls,
  ...fdCalls,
  ...ioctlCalls,
  ...statCalls,
  ...dirCalls,
  ...nameCalls,
  ...attributeCalls,
  ...xattrCalls,
  ...fileCalls,
  ...spliceCalls,
  ...pipeCalls,
  ...ptraceCalls,
  ...pollCalls,
  ...eventCalls,
  ...inotifyCalls,
  ...memfdCalls,
  ...ioprioCalls,
  ...ldtCalls,
  ...mountCalls,
  ...namespaceCalls,
  ...numaCalls,
  ...socketCalls,
  ...messageCalls,
  ...sockoptCalls,
  ...futexCalls,
  ...futexWaitvCalls,
  ...identityCalls,
  ...memoryCalls,
  ...miscCalls,
  ...processCalls,
  ...rseqCalls,
  ...otherProcessCalls,
  ...refusedCalls,
  ...schedCalls,
  ...signalCalls,
  ...timeCalls,
  ...timexCalls,
  ...timerfdCalls,
  ...wait4Calls,
  ...mqueueCalls,
  ...msgCalls,
  ...seccompCalls,
  ...semCalls,
  ...shmCalls,
];
