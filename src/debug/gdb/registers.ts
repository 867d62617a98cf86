/** The registers as GDB numbers them, and the description of the processor that says so. */
import { ERESTARTSYS } from "../../abi/ptrace.ts";
import { ARITH, DF, RF, TF } from "../../cpu/flags.ts";
import * as L from "../../cpu/layout.ts";
import { FPFRAME_SIZE, restoreFp, saveFp, xstateFrame } from "../../kernel/fpstate.ts";
import { abortCall } from "../../kernel/restart.ts";
import { makeReady } from "../../kernel/sched.ts";
import { codeSelector, stackSelector } from "../../kernel/segments.ts";
import type { Task } from "../../kernel/task.ts";

interface Register {
  name: string;
  bytes: number;
  /** In the description: its type, and the feature that it belongs to. */
  type: string;
  feature: "core" | "sse" | "linux" | "segments" | "avx";
  read(task: Task, image: Uint8Array): Uint8Array;
  /** Those of the image change it; others the task. */
  write(task: Task, image: Uint8Array, value: Uint8Array): void;
}

const little = (value: bigint, bytes: number): Uint8Array =>
  new Uint8Array(BigUint64Array.of(BigInt.asUintN(64, value)).buffer).slice(0, bytes);

const unsigned = (bytes: Uint8Array): bigint => bytes.reduceRight((v, b) => (v << 8n) | BigInt(b), 0n);

const FLAGS = ARITH | TF | DF | RF;
/** Address spaces end there: a base beyond would not be canonical. */
const LIMIT = 1n << 47n;

function plain(
  name: string,
  bytes: number,
  type: string,
  read: (task: Task) => bigint,
  write: (task: Task, value: bigint) => void = () => {},
  feature: Register["feature"] = "core",
): Register {
  return {
    name,
    bytes,
    type,
    feature,
    read: (task) => little(read(task), bytes),
    write: (task, _image, value) => write(task, unsigned(value)),
  };
}

/** A field of FXSAVE's image, narrower there than GDB shows it or as wide. */
function ofImage(
  name: string,
  bytes: number,
  type: string,
  at: number,
  width = bytes,
  feature: Register["feature"] = "core",
): Register {
  return {
    name,
    bytes,
    type,
    feature,
    read: (_task, image) => {
      const out = new Uint8Array(bytes);
      out.set(image.subarray(at, at + width));
      return out;
    },
    write: (_task, image, value) => image.set(value.subarray(0, width), at),
  };
}

const GPRS: readonly (readonly [string, number])[] = [
  ["rax", L.RAX],
  ["rbx", L.RBX],
  ["rcx", L.RCX],
  ["rdx", L.RDX],
  ["rsi", L.RSI],
  ["rdi", L.RDI],
  ["rbp", L.RBP],
  ["rsp", L.RSP],
  ...Array.from({ length: 8 }, (_, i) => [`r${i + 8}`, i + 8] as const),
];

/** A call that waits looks as under ptrace(2): to be made again, unless the debugger says otherwise. */
function generalRegister(task: Task, n: number): bigint {
  return n === L.RAX && task.waiting ? BigInt(-ERESTARTSYS) : task.regs.gpr(n);
}

function segment(name: string, read: (task: Task) => number): Register {
  return plain(name, 4, "int32", (task) => BigInt(read(task)));
}

const selector = (n: number) => (task: Task) => task.regs.u16(L.SEL + n * 2);

/** The tag word: two bits a physical register, 3 where it is empty. FXSAVE keeps one bit (SDM volume 1, section 10.5.1.1). */
const tags: Register = {
  name: "ftag",
  bytes: 4,
  type: "int",
  feature: "core",
  read: (_task, image) => {
    const top = (image[3] >> 3) & 7;
    let word = 0;
    for (let physical = 0; physical < 8; physical++) {
      const at = 32 + ((physical - top) & 7) * 16;
      word |= tagOf((image[4] >> physical) & 1, image.subarray(at, at + 10)) << (physical * 2);
    }
    return little(BigInt(word), 4);
  },
  write: (_task, image, value) => {
    const word = Number(unsigned(value));
    let abridged = 0;
    for (let i = 0; i < 8; i++) if (((word >> (i * 2)) & 3) !== 3) abridged |= 1 << i;
    image[4] = abridged;
  },
};

function tagOf(used: number, st: Uint8Array): number {
  if (!used) return 3;
  const exponent = (st[8] | (st[9] << 8)) & 0x7fff;
  if (exponent === 0x7fff) return 2;
  const zero = st.subarray(0, 8).every((b) => b === 0);
  if (exponent === 0) return zero ? 1 : 2;
  return st[7] & 0x80 ? 0 : 2;
}

const FXSAVE_SIZE = 512;
const YMM_AT = FXSAVE_SIZE + 64;

const origRax = (task: Task): bigint => BigInt(task.waiting ? task.waiting.call.row.nr : task.origRax);

/** By GDB's numbers. */
export const REGISTERS: readonly Register[] = [
  ...GPRS.map(([name, n]) =>
    plain(
      name,
      8,
      name === "rsp" || name === "rbp" ? "data_ptr" : "int64",
      (task) => generalRegister(task, n),
      (task, v) => task.regs.setGpr(n, v),
    ),
  ),
  plain(
    "rip",
    8,
    "code_ptr",
    (task) => task.regs.rip,
    (task, v) => {
      task.regs.rip = v;
    },
  ),
  plain(
    "eflags",
    4,
    "i386_eflags",
    (task) => BigInt(task.regs.flags >>> 0),
    (task, v) => {
      task.regs.flags = (task.regs.flags & ~FLAGS) | (Number(v) & FLAGS);
    },
  ),
  segment("cs", codeSelector),
  segment("ss", stackSelector),
  segment("ds", selector(L.DS)),
  segment("es", selector(L.ES)),
  segment("fs", selector(L.FS)),
  segment("gs", selector(L.GS)),
  ...Array.from({ length: 8 }, (_, i) => ofImage(`st${i}`, 10, "i387_ext", 32 + i * 16)),
  ofImage("fctrl", 4, "int", 0, 2),
  ofImage("fstat", 4, "int", 2, 2),
  tags,
  ofImage("fiseg", 4, "int", 12, 2),
  ofImage("fioff", 4, "int", 8),
  ofImage("foseg", 4, "int", 20, 2),
  ofImage("fooff", 4, "int", 16),
  ofImage("fop", 4, "int", 6, 2),
  ...Array.from({ length: 16 }, (_, i) => ofImage(`xmm${i}`, 16, "vec128", 160 + i * 16, 16, "sse")),
  ofImage("mxcsr", 4, "i386_mxcsr", 24, 4, "sse"),
  plain(
    "orig_rax",
    8,
    "int",
    origRax,
    (task, v) => {
      task.origRax = Number(BigInt.asIntN(32, v));
    },
    "linux",
  ),
  base("fs_base", "fsBase"),
  base("gs_base", "gsBase"),
  ...Array.from({ length: 16 }, (_, i) => ofImage(`ymm${i}h`, 16, "uint128", YMM_AT + i * 16, 16, "avx")),
];

function base(name: string, key: "fsBase" | "gsBase"): Register {
  const write = (task: Task, v: bigint): void => {
    if (v < LIMIT) task.regs[key] = v;
  };
  return plain(name, 8, "int", (task) => task.regs[key], write, "segments");
}

export const REGISTER_BYTES = REGISTERS.reduce((n, r) => n + r.bytes, 0);

export function readRegister(task: Task, n: number): Uint8Array | undefined {
  return REGISTERS[n]?.read(task, saveFp(task.regs));
}

export function readRegisters(task: Task): Uint8Array {
  const out = new Uint8Array(REGISTER_BYTES);
  const image = saveFp(task.regs);
  let at = 0;
  for (const r of REGISTERS) {
    out.set(r.read(task, image), at);
    at += r.bytes;
  }
  return out;
}

/** Changes some registers; false if no processor would take the values. A call that the thread waits in ends. */
function change(task: Task, set: (image: Uint8Array) => void): boolean {
  if (task.waiting) {
    abortCall(task);
    makeReady(task);
  }
  const image = new Uint8Array(FPFRAME_SIZE);
  image.set(saveFp(task.regs));
  const before = image.slice();
  set(image);
  if (image.every((b, i) => b === before[i])) return true;
  return restoreFp(task.regs, xstateFrame(image));
}

export function writeRegister(task: Task, n: number, value: Uint8Array): boolean {
  const r = REGISTERS[n];
  return r !== undefined && value.length === r.bytes && change(task, (image) => r.write(task, image, value));
}

export function writeRegisters(task: Task, bytes: Uint8Array): boolean {
  if (bytes.length < REGISTER_BYTES) return false;
  return change(task, (image) => {
    let at = 0;
    for (const r of REGISTERS) {
      r.write(task, image, bytes.subarray(at, at + r.bytes));
      at += r.bytes;
    }
  });
}
