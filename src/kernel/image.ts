/** Which program a path means: ELF, "#!" script, APE or flat file, with its interpreter; everything that may still fail. */

import { EM_386 } from "../abi/elf.ts";
import { EACCES, ELIBBAD, ELOOP, ENOEXEC, ETXTBSY } from "../abi/errno.ts";
import { O_ACCMODE, O_PATH, O_RDONLY, X_OK } from "../abi/fcntl.ts";
import { S_IFREG } from "../abi/stat.ts";
import { APE_HEAD, apeElfHeader, isApe } from "../loader/ape.ts";
import { type Elf, elfMachine, isElf, parseElf, type ReadAt } from "../loader/elf.ts";
import { isFlat } from "../loader/flat.ts";
import { isScript, parseScript } from "../loader/script.ts";
import { MS_NOEXEC } from "../vfs/mount.ts";
import { permission } from "../vfs/permission.ts";
import type { File, Inode, Place } from "../vfs/types.ts";
import { releaseFile } from "./fdtable.ts";
import type { Task } from "./task.ts";

/** Scripts whose interpreter is a script, and so on. */
const MAX_SCRIPTS = 5;

export interface Program {
  file: File;
  /** Undefined: a flat binary. */
  elf: Elf | undefined;
  interpreter: { file: File; elf: Elf } | undefined;
  argv: readonly string[];
  /** Path for AT_EXECFN. */
  execFn: string;
  /** Last component of the program's path. */
  name: string;
}

export function closeProgram(p: Program): void {
  releaseFile(p.file);
  if (p.interpreter) releaseFile(p.interpreter.file);
}

/** Opens a file to execute it. */
function openExec(task: Task, place: Place): File | number {
  const { inode, mount } = place;
  if (inode.type !== S_IFREG) return -EACCES;
  if ((mount?.flags ?? 0) & MS_NOEXEC) return -EACCES;
  const denied = permission(inode, X_OK, task.cred);
  if (denied < 0) return denied;
  if (isBeingWritten(task, inode)) return -ETXTBSY;
  const file = inode.open(O_RDONLY, task.cred);
  if (typeof file !== "number") file.place = place;
  return file;
}

/** Does anyone have the file open for writing? */
function isBeingWritten(task: Task, inode: Inode): boolean {
  for (const table of new Set([...task.kernel.tasks.values()].map((t) => t.fds)))
    for (const fd of table.list()) {
      const file = table.get(fd);
      if (file?.inode === inode && (file.flags & O_ACCMODE) !== O_RDONLY && !(file.flags & O_PATH)) return true;
    }
  return false;
}

function openPath(task: Task, path: string): File | number {
  const { root, cwd } = task.fs;
  // Linux takes an empty interpreter's name for the working directory.
  if (path === "") return -EACCES;
  const place = task.kernel.vfs.resolve({ root, cwd, cred: task.cred }, cwd, path);
  return typeof place === "number" ? place : openExec(task, place);
}

/** Up to `length` bytes; short only at the end of file. */
function reader(file: File): ReadAt {
  return (offset, length) => {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      const n = file.read(bytes.subarray(done), offset + done);
      if (n < 0) return n;
      if (n === 0) break;
      done += n;
    }
    return bytes.subarray(0, done);
  };
}

/**
 * Opens and parses the program. `path` is how the caller names it (scripts see it as their argument). Returns -errno with
 * everything closed.
 */
export function openProgram(task: Task, place: Place, path: string, argv: readonly string[]): Program | number {
  let file = openExec(task, place);
  let name = path;
  let args = argv;
  for (let depth = 0; typeof file !== "number"; depth++) {
    const read = reader(file);
    const head = read(0, APE_HEAD);
    if (typeof head === "number") return closing(file, head);
    if (!isScript(head)) return parseProgram(task, file, head, read, { argv: args, execFn: path, name });
    if (depth === MAX_SCRIPTS) return closing(file, -ELOOP);
    const script = parseScript(head);
    if (typeof script === "number") return closing(file, script);
    releaseFile(file);
    const argument = script.argument === undefined ? [] : [script.argument];
    args = [script.interpreter, ...argument, name, ...args.slice(1)];
    name = script.interpreter;
    file = openPath(task, name);
  }
  return file;
}

function closing(file: File, error: number): number {
  releaseFile(file);
  return error;
}

type Named = Pick<Program, "argv" | "execFn" | "name">;

function parseProgram(task: Task, file: File, head: Uint8Array, read: ReadAt, named: Named): Program | number {
  const header = isApe(head) ? apeElfHeader(head) : head;
  if (!header || !file.page) return closing(file, -ENOEXEC);
  if (!isElf(header)) {
    if (!isFlat(named.name)) return closing(file, -ENOEXEC);
    return { file, elf: undefined, interpreter: undefined, ...named };
  }
  const elf = parseElf(header, read);
  if (typeof elf === "number") {
    if (elfMachine(header) === EM_386) task.kernel.log(`${named.name}: 32-bit programs are not supported`);
    return closing(file, elf);
  }
  if (elf.interpreter === undefined) return { file, elf, interpreter: undefined, ...named };
  const interpreter = openInterpreter(task, elf.interpreter);
  return typeof interpreter === "number" ? closing(file, interpreter) : { file, elf, interpreter, ...named };
}

function openInterpreter(task: Task, path: string): { file: File; elf: Elf } | number {
  const file = openPath(task, path);
  if (typeof file === "number") return file;
  const read = reader(file);
  const head = read(0, 64);
  if (typeof head === "number") return closing(file, head);
  const elf = parseElf(head, read);
  // Whatever is wrong with it, it is a bad library to the caller.
  return typeof elf === "number" ? closing(file, -ELIBBAD) : { file, elf };
}
