import fs from "node:fs";
import { O_ACCMODE } from "../../abi/fcntl.ts";
import { attempt } from "./errno.ts";

export interface InheritedFd {
  fd: number;
  /** O_ flags, without O_CLOEXEC. */
  flags: number;
}

/**
 * Descriptors above 2 that whoever started this process left open for the program (`3< file`, `<(command)`). They are told
 * from the runtime's own by what they are: its own are anonymous inodes, /dev/null, and pipes of which both ends are here.
 */
export function inheritedFds(): InheritedFd[] {
  const names = process.platform === "linux" ? attempt(() => fs.readdirSync("/proc/self/fd")) : [];
  if (typeof names === "number") return [];
  const found: (InheritedFd & { target: string })[] = [];
  for (const name of names) {
    const fd = Number(name);
    if (fd < 3 || name === process.env.NODE_CHANNEL_FD) continue;
    const target = attempt(() => fs.readlinkSync(`/proc/self/fd/${name}`, { encoding: "latin1" }));
    if (typeof target === "number" || target === "/dev/null" || target.startsWith("anon_inode:")) continue;
    const info = attempt(() => fs.readFileSync(`/proc/self/fdinfo/${name}`, "latin1"));
    if (typeof info === "number") continue;
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? "0", 8) & ~0o2000000;
    found.push({ fd, flags, target });
  }
  const isOwn = (f: (typeof found)[number]) =>
    f.target.startsWith("pipe:") &&
    found.some((g) => g.target === f.target && (g.flags & O_ACCMODE) !== (f.flags & O_ACCMODE));
  // The listing itself was open on a descriptor that is closed by now: it has no fdinfo any more, or leads to /proc.
  return found.filter((f) => !isOwn(f) && !f.target.startsWith(`/proc/${process.pid}/`));
}
