/** Every system call there is here: one list, made of the families' lists. */
import { attributeCalls } from "./sys/attributes.ts";
import { dirCalls } from "./sys/dir.ts";
import { eventCalls } from "./sys/event.ts";
import { fdCalls } from "./sys/fd.ts";
import { fileCalls } from "./sys/file.ts";
import { ioctlCalls } from "./sys/ioctl.ts";
import { memfdCalls } from "./sys/memfd.ts";
import { mountCalls } from "./sys/mount.ts";
import { nameCalls } from "./sys/names.ts";
import { openCalls } from "./sys/open.ts";
import { pipeCalls } from "./sys/pipe.ts";
import { pollCalls } from "./sys/poll.ts";
import { readWriteCalls } from "./sys/read-write.ts";
import { spliceCalls } from "./sys/splice.ts";
import { statCalls } from "./sys/stat.ts";
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
  ...pollCalls,
  ...eventCalls,
  ...memfdCalls,
  ...mountCalls,
];
