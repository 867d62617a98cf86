/** The shared objects that the dynamic linker has loaded, from its own list: struct r_debug and link_map of <link.h>. */

import { AT_PHDR, AT_PHNUM } from "../../abi/auxv.ts";
import { PHDR_SIZE, PT_DYNAMIC, PT_LOAD } from "../../abi/elf.ts";
import type { Task } from "../../kernel/task.ts";
import { peek, peekWord } from "../memory.ts";
import { latin1 } from "./packet.ts";

const DT_NULL = 0n;
const DT_DEBUG = 21n;
const PT_PHDR = 6;
/** Lists longer than this go round in a circle. */
const MOST = 4096;
const MOST_DYNAMIC = 1024;
const LINK_MAP_WORDS = 4;

const word = (task: Task, at: number): number => Number(peekWord(task.mm, at) ?? 0n);

function auxiliary(task: Task, type: number): number {
  const { auxv } = task.mm;
  for (let i = 0; i + 1 < auxv.length; i += 2) if (Number(auxv[i]) === type) return Number(auxv[i + 1]);
  return 0;
}

/** Address of the program's dynamic section. */
function dynamicSection(task: Task): number {
  const at = auxiliary(task, AT_PHDR);
  const count = Math.min(auxiliary(task, AT_PHNUM), MOST);
  let dynamic: number | undefined;
  let bias: number | undefined;
  for (let i = 0; i < count; i++) {
    const bytes = peek(task.mm, at + i * PHDR_SIZE, PHDR_SIZE);
    if (bytes.length < PHDR_SIZE) return 0;
    const v = new DataView(bytes.buffer, bytes.byteOffset);
    const type = v.getUint32(0, true);
    const address = Number(v.getBigUint64(16, true));
    if (type === PT_DYNAMIC) dynamic = address;
    if (type === PT_PHDR) bias = at - address;
    // Without PT_PHDR: the headers lie behind the file's own header.
    if (type === PT_LOAD && v.getBigUint64(8, true) === 0n) bias ??= at - 64 - address;
  }
  return dynamic === undefined ? 0 : dynamic + (bias ?? 0);
}

/** Address of the first link_map, 0 as long as there is none. */
function firstMap(task: Task): number {
  const at = dynamicSection(task);
  for (let i = 0; at && i < MOST_DYNAMIC; i++) {
    const tag = peekWord(task.mm, at + i * 16);
    if (tag === undefined || tag === DT_NULL) return 0;
    if (tag !== DT_DEBUG) continue;
    const debug = word(task, at + i * 16 + 8);
    return debug ? word(task, debug + 8) : 0;
  }
  return 0;
}

function textOf(task: Task, at: number): string {
  const bytes = peek(task.mm, at, 4096);
  const end = bytes.indexOf(0);
  return latin1(end < 0 ? bytes : bytes.subarray(0, end));
}

export function libraries(task: Task, escaped: (text: string) => string): string {
  const hex = (n: number): string => `0x${n.toString(16)}`;
  const first = firstMap(task);
  let rows = "";
  const seen = new Set<number>();
  for (let map = first; map && !seen.has(map) && seen.size < MOST; ) {
    seen.add(map);
    const [base, name, dynamic, next] = Array.from({ length: LINK_MAP_WORDS }, (_, i) => word(task, map + i * 8));
    // The first is the program itself.
    const path = map === first ? "" : textOf(task, name);
    if (path)
      rows += `<library name="${escaped(path)}" lm="${hex(map)}" l_addr="${hex(base)}" l_ld="${hex(dynamic)}" lmid="0x0"/>`;
    map = next;
  }
  const main = first ? ` main-lm="${hex(first)}"` : "";
  return `<library-list-svr4 version="1.0"${main}>${rows}</library-list-svr4>`;
}
