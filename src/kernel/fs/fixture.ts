import type { Host } from "../../host/types.ts";
import { Frames } from "../../mmu/frames.ts";
import { Ram } from "../../mmu/ram.ts";
import type { PathContext } from "../../vfs/path.ts";
import type { Cred, File, IoctlMemory } from "../../vfs/types.ts";
import { makeTree, type Tree, type TreeOptions } from "./tree.ts";

/** For tests: a tree without a kernel. */
export function cred(uid = 0, gid = uid): Cred {
  return { uid, gid, euid: uid, egid: gid, suid: uid, sgid: gid, fsuid: uid, fsgid: gid, groups: [] };
}

export function testTree(
  host: Host,
  more: Partial<TreeOptions> = {},
): { tree: Tree; ctx: PathContext; frames: Frames } {
  const frames = new Frames(new Ram(0x10000000));
  const tree = makeTree({ host, frames, onCodeStore() {}, ...more });
  return { tree, frames, ctx: { root: tree.vfs.root, cwd: tree.vfs.root, cred: cred() } };
}

/** The value, when it is no error. */
export function ok<T>(v: T | number): Exclude<T, number> {
  if (typeof v === "number") throw new Error(`errno ${-v}`);
  return v as Exclude<T, number>;
}

export function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
export function bytes(s: string): Uint8Array {
  return Uint8Array.from(s, (c) => c.charCodeAt(0));
}
/** All that a file has from its position on, until the end or EAGAIN. */
export function readAll(file: File): string {
  const chunk = new Uint8Array(100000);
  let out = "";
  for (;;) {
    const n = file.read(chunk);
    if (n <= 0) return out;
    out += text(chunk.subarray(0, n));
  }
}
/** Guest memory of 256 bytes for ioctls. */
export function ioctlMemory(): IoctlMemory & { bytes: Uint8Array } {
  const memory = new Uint8Array(256);
  return {
    bytes: memory,
    readBytes: (at, n) => memory.slice(at, at + n),
    writeBytes: (at, b) => memory.set(b, at),
  };
}
