/** The stack that a program starts with: System V ABI for x86-64, section 3.4.1, laid out as Linux does. */
import * as A from "../abi/auxv.ts";
import { PHDR_SIZE } from "../abi/elf.ts";
import { E2BIG } from "../abi/errno.ts";
import { RSEQ_ALIGN, RSEQ_FEATURE_SIZE } from "../abi/rseq.ts";
import { alignDown, alignUp } from "../base/bits.ts";
import { EXEC, READ, WRITE } from "../mmu/access.ts";
import { PAGE } from "../mmu/frames.ts";
import { USER_END } from "../mmu/space.ts";
import type { LoadTarget } from "./target.ts";

/** Longest single string, with its NUL. */
const MAX_STRING = 32 * PAGE;
/** Strings and pointers may always take this much, whatever the stack's limit is. */
const ARG_MAX = 131072;
const ARG_CEILING = 6 << 20;
/** The stack is mapped this much larger than what is on it. */
const HEADROOM = 128 << 10;
const PLATFORM = "x86_64";
/** Clock ticks a second, as times(2) counts. */
const CLK_TCK = 100;

export interface StackRequest {
  argv: readonly string[];
  envp: readonly string[];
  /** Path as given to execve. */
  execFn: string;
  /** Address of the program headers, their number, the program's entry, the interpreter's base. */
  phdr: number;
  phnum: number;
  entry: number;
  base: number;
  uid: number;
  euid: number;
  gid: number;
  egid: number;
  secure: boolean;
  /** 16 bytes. */
  random: Uint8Array;
  hwcap: number;
  hwcap2: number;
  minSigStack: number;
  execStack: boolean;
}

export interface StackImage {
  rsp: number;
  argStart: number;
  argEnd: number;
  envStart: number;
  envEnd: number;
  auxv: bigint[];
}

/** -E2BIG if the arguments are too long for a stack limit in bytes (execve(2), "Limits on size of arguments"). */
export function checkArguments(argv: readonly string[], envp: readonly string[], stackLimit: number): number {
  const room = Math.max(Math.min(ARG_CEILING, stackLimit / 4), ARG_MAX);
  let size = (argv.length + envp.length) * 8;
  for (const s of [...argv, ...envp]) {
    if (s.length + 1 > MAX_STRING) return -E2BIG;
    size += s.length + 1;
  }
  return size > room ? -E2BIG : 0;
}

class StringArea {
  readonly chunks: { at: number; text: string }[] = [];
  constructor(public top: number) {}
  push(text: string): number {
    this.top -= text.length + 1;
    this.chunks.push({ at: this.top, text });
    return this.top;
  }
  /** Pushes in reverse, so that the first string lies lowest. */
  pushAll(strings: readonly string[]): number[] {
    return strings.map((_, i) => this.push(strings[strings.length - 1 - i])).reverse();
  }
}

function auxiliary(r: StackRequest, random: number, execFn: number, platform: number): [number, number][] {
  return [
    [A.AT_MINSIGSTKSZ, r.minSigStack],
    [A.AT_HWCAP, r.hwcap],
    [A.AT_PAGESZ, PAGE],
    [A.AT_CLKTCK, CLK_TCK],
    [A.AT_PHDR, r.phdr],
    [A.AT_PHENT, PHDR_SIZE],
    [A.AT_PHNUM, r.phnum],
    [A.AT_BASE, r.base],
    [A.AT_FLAGS, 0],
    [A.AT_ENTRY, r.entry],
    [A.AT_UID, r.uid],
    [A.AT_EUID, r.euid],
    [A.AT_GID, r.gid],
    [A.AT_EGID, r.egid],
    [A.AT_SECURE, r.secure ? 1 : 0],
    [A.AT_RANDOM, random],
    [A.AT_HWCAP2, r.hwcap2],
    [A.AT_EXECFN, execFn],
    [A.AT_PLATFORM, platform],
    [A.AT_RSEQ_FEATURE_SIZE, RSEQ_FEATURE_SIZE],
    [A.AT_RSEQ_ALIGN, RSEQ_ALIGN],
    [A.AT_NULL, 0],
  ];
}

/** Maps the stack at the top of user memory and fills it. -errno if it cannot be mapped. */
export function buildStack(r: StackRequest, target: LoadTarget): StackImage | number {
  // Eight zero bytes at the very top, then the strings downwards.
  const strings = new StringArea(USER_END - 8);
  const execFn = strings.push(r.execFn);
  const envEnd = execFn;
  const env = strings.pushAll(r.envp);
  const envStart = strings.top;
  const args = strings.pushAll(r.argv);
  const argStart = strings.top;
  strings.top = alignDown(strings.top, 16);
  const platform = strings.push(PLATFORM);
  const random = alignDown(platform - 16, 16);

  const aux = auxiliary(r, random, execFn, platform);
  const words = [args.length, ...args, 0, ...env, 0, ...aux.flat()];
  const rsp = alignDown(random - words.length * 8, 16);

  const size = alignUp(USER_END - rsp + HEADROOM, PAGE);
  const prot = READ | WRITE | (r.execStack ? EXEC : 0);
  const how = { fixed: true, growsDown: true, name: "[stack]" };
  const mapped = target.map(USER_END - size, size, prot, how);
  if (mapped < 0) return mapped;

  const image = new Uint8Array(USER_END - rsp);
  const view = new DataView(image.buffer);
  words.forEach((w, i) => {
    view.setBigUint64(i * 8, BigInt(w), true);
  });
  image.set(r.random, random - rsp);
  for (const { at, text } of strings.chunks)
    for (let i = 0; i < text.length; i++) image[at - rsp + i] = text.charCodeAt(i);
  target.user.writeBytes(rsp, image);
  const auxv = aux.flat().map(BigInt);
  return { rsp, argStart, argEnd: envStart, envStart, envEnd, auxv };
}
