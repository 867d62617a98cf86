/** /proc/PID/uid_map, gid_map and setgroups: user_namespaces(7), "Defining user and group ID mappings". */
import { EINVAL, EPERM } from "../abi/errno.ts";
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN, capableIn } from "./cred.ts";
import type { IdMapFile } from "./fs/proc-source.ts";
import type { Task } from "./task.ts";
import type { IdExtent, IdKind } from "./user-ns.ts";

const kindOf = (file: IdMapFile): IdKind => (file === "uid_map" ? "uid" : "gid");

/** The right-hand side is in numbers of the reader, or for the reader's own namespace of its parent. */
export function idMapText(task: Task, file: IdMapFile): string {
  const { userNs } = task.cred;
  if (file === "setgroups") return userNs.setgroups ? "allow\n" : "deny\n";
  const kind = kindOf(file);
  const reader = task.kernel.current?.cred.userNs ?? userNs;
  const lower = reader === userNs ? (userNs.parent ?? userNs) : reader;
  const column = (n: number): string => String(n).padStart(10);
  const line = ({ inside, outside, count }: IdExtent): string =>
    `${[inside, lower.number(kind, outside) ?? 0xffffffff, count].map(column).join(" ")}\n`;
  return userNs.map(kind).map(line).join("");
}

export function setIdMap(task: Task, file: IdMapFile, text: string): number {
  const { userNs } = task.cred;
  const writer = task.kernel.current?.cred;
  if (!writer || !capableIn(writer, userNs, CAP_SYS_ADMIN)) return -EPERM;
  if (file === "setgroups") return setSetgroups(task, text);
  const kind = kindOf(file);
  const own = kind === "uid" ? writer.euid : writer.egid;
  const { parent } = userNs;
  return userNs.setMap(kind, text, (extents) => {
    const [only] = extents;
    // One's own id may always be mapped; groups only where none can be dropped.
    const self = extents.length === 1 && only.count === 1 && only.outside === own && userNs.owner.uid === writer.euid;
    if (self && (kind === "uid" || !userNs.setgroups)) return true;
    return parent !== undefined && capableIn(writer, parent, kind === "uid" ? CAP_SETUID : CAP_SETGID);
  });
}

function setSetgroups(task: Task, text: string): number {
  const { userNs } = task.cred;
  const word = text.trim();
  if (word !== "allow" && word !== "deny") return -EINVAL;
  if (word === "allow") return userNs.setgroups ? 0 : -EPERM;
  if (userNs.map("gid").length > 0) return -EPERM;
  userNs.setgroups = false;
  return 0;
}
