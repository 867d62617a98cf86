/** Flat binaries (*.bin): the file's bytes at 4 MiB, all of it readable, writable and executable, zeros behind. */
import { alignUp } from "../base/bits.ts";
import { EXEC, READ, WRITE } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import type { File } from "../vfs/types.ts";
import type { LoadTarget } from "./target.ts";

const BASE = 0x400000;
const BSS = 16 << 20;

export function isFlat(path: string): boolean {
  return path.endsWith(".bin");
}

/** Returns the entry and the end of the image, or -errno. */
export function mapFlat(file: File, size: number, target: LoadTarget): { entry: number; end: number } | number {
  const prot = READ | WRITE | EXEC;
  const length = alignUp(size, PAGE);
  if (length > 0) {
    const r = target.map(BASE, length, prot, { file, offset: 0, fixed: true });
    if (r < 0) return r;
  }
  const r = target.map(BASE + length, BSS, prot, { fixed: true });
  return r < 0 ? r : { entry: BASE, end: BASE + length + BSS };
}
