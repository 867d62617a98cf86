/** Finds the file to which a program's symbols and lines were moved, as gdb does: by build id, then by .gnu_debuglink. */
import { placePath } from "../../vfs/place.ts";
import type { Inode, Place } from "../../vfs/types.ts";
import type { Vfs } from "../../vfs/vfs.ts";
import { DEBUGGER } from "../outside.ts";
import { ElfFile, type ElfSource } from "./elf-file.ts";
import { textAt } from "./reader.ts";

const GLOBAL = "/usr/lib/debug";

function candidates(elf: ElfFile, path: string | undefined): string[] {
  const out: string[] = [];
  const id = elf.buildId();
  if (id && id.length > 2) out.push(`${GLOBAL}/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`);
  const link = elf.bytes(elf.section(".gnu_debuglink"));
  const name = link ? textAt(link, 0) : "";
  if (name === "" || name.includes("/") || !path) return out;
  const folder = path.slice(0, path.lastIndexOf("/"));
  return [...out, `${folder}/${name}`, `${folder}/.debug/${name}`, `${GLOBAL}${folder}/${name}`];
}

/** Looks in the guest's files. A file with another build id is another program's. */
export function findDebugFile(
  vfs: Vfs,
  elf: ElfFile,
  place: Place,
  open: (inode: Inode) => ElfFile | undefined,
): ElfFile | undefined {
  const ctx = { root: vfs.root, cwd: vfs.root, cred: DEBUGGER };
  for (const path of candidates(elf, place.parent && placePath(place))) {
    const found = vfs.resolve(ctx, vfs.root, path);
    if (typeof found === "number" || found.inode === place.inode) continue;
    const file = open(found.inode);
    if (file && file.buildId() === elf.buildId()) return file;
  }
  return undefined;
}

export function elfOutside(files: (path: string) => ElfSource | undefined, path: string): ElfFile | undefined {
  const source = files(path);
  return source && ElfFile.open(source);
}

/** The same by names alone. */
export function findDebugFileOutside(
  elf: ElfFile,
  path: string,
  files: (path: string) => ElfSource | undefined,
): ElfFile | undefined {
  for (const candidate of candidates(elf, path)) {
    const file = candidate === path ? undefined : elfOutside(files, candidate);
    if (file && file.buildId() === elf.buildId()) return file;
  }
  return undefined;
}
