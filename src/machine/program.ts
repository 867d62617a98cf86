import { ENOENT } from "../abi/errno.ts";
import { X_OK } from "../abi/fcntl.ts";
import { S_IFREG } from "../abi/stat.ts";
import type { Task } from "../kernel/task.ts";
import { permission } from "../vfs/permission.ts";
import type { Place } from "../vfs/types.ts";

/** The file that a command name means, as execvp(3) finds it: a name without a slash is looked for in $PATH. */
export function findProgram(
  task: Task,
  name: string,
  envp: readonly string[],
): { place: Place; path: string } | number {
  const { root, cwd } = task.fs;
  const look = (path: string): Place | number => task.kernel.vfs.resolve({ root, cwd, cred: task.cred }, cwd, path);
  if (name.includes("/")) {
    const place = look(name);
    return typeof place === "number" ? place : { place, path: name };
  }
  const list = envp.find((e) => e.startsWith("PATH="))?.slice(5) ?? "/usr/local/bin:/bin:/usr/bin";
  for (const dir of list.split(":")) {
    const path = dir === "" ? name : `${dir}/${name}`;
    const place = look(path);
    if (typeof place === "number" || place.inode.type !== S_IFREG) continue;
    if (permission(place.inode, X_OK, task.cred) === 0) return { place, path };
  }
  // What blink runs may also be a plain file of the working directory.
  const here = look(name);
  return typeof here === "number" ? -ENOENT : { place: here, path: name };
}
