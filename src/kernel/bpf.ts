/**
 * Classic BPF as seccomp(2) permits it: a check before a program may run, and its interpreter. The rules are those of
 * Linux's bpf_check_classic and seccomp_check_filter (net/core/filter.c, kernel/seccomp.c).
 */
import * as B from "../abi/bpf.ts";

export interface BpfInsn {
  code: number;
  jt: number;
  jf: number;
  /** Unsigned. */
  k: number;
}

const ALU = [B.BPF_ADD, B.BPF_SUB, B.BPF_MUL, B.BPF_DIV, B.BPF_OR, B.BPF_AND, B.BPF_LSH, B.BPF_RSH, B.BPF_XOR];
const JUMPS = [B.BPF_JEQ, B.BPF_JGT, B.BPF_JGE, B.BPF_JSET];

const ALLOWED = new Set([
  B.BPF_LD | B.BPF_ABS,
  ...[B.BPF_LD, B.BPF_LDX].flatMap((c) => [c | B.BPF_IMM, c | B.BPF_MEM, c | B.BPF_LEN]),
  B.BPF_ST,
  B.BPF_STX,
  ...ALU.flatMap((op) => [B.BPF_ALU | op | B.BPF_K, B.BPF_ALU | op | B.BPF_X]),
  B.BPF_ALU | B.BPF_NEG,
  B.BPF_JMP | B.BPF_JA,
  ...JUMPS.flatMap((op) => [B.BPF_JMP | op | B.BPF_K, B.BPF_JMP | op | B.BPF_X]),
  B.BPF_RET | B.BPF_K,
  B.BPF_RET | B.BPF_A,
  B.BPF_MISC | B.BPF_TAX,
  B.BPF_MISC | B.BPF_TXA,
]);

const classOf = (code: number): number => code & 7;
const isMemory = (code: number): boolean =>
  code === B.BPF_ST || code === B.BPF_STX || code === (B.BPF_LD | B.BPF_MEM) || code === (B.BPF_LDX | B.BPF_MEM);

/** May this program run on data of `dataSize` bytes? */
export function checkBpf(program: readonly BpfInsn[], dataSize: number): boolean {
  const n = program.length;
  if (n === 0 || n > B.BPF_MAXINSNS) return false;
  if (classOf(program[n - 1].code) !== B.BPF_RET) return false;
  return program.every((insn, at) => checkInsn(insn, n - at - 1, dataSize)) && storesBeforeLoads(program);
}

/** `ahead`: how many instructions follow. */
function checkInsn({ code, jt, jf, k }: BpfInsn, ahead: number, dataSize: number): boolean {
  if (!ALLOWED.has(code)) return false;
  if (code === (B.BPF_LD | B.BPF_ABS)) return k < dataSize && (k & 3) === 0;
  if (isMemory(code)) return k < B.BPF_MEMWORDS;
  if (code === (B.BPF_ALU | B.BPF_DIV | B.BPF_K)) return k !== 0;
  if (code === (B.BPF_ALU | B.BPF_LSH | B.BPF_K) || code === (B.BPF_ALU | B.BPF_RSH | B.BPF_K)) return k < 32;
  if (code === (B.BPF_JMP | B.BPF_JA)) return k < ahead;
  return classOf(code) !== B.BPF_JMP || (jt < ahead && jf < ahead);
}

/** On every path, each word of memory is stored before it is loaded. Jumps only lead forwards, so one pass is enough. */
function storesBeforeLoads(program: readonly BpfInsn[]): boolean {
  const ALL = (1 << B.BPF_MEMWORDS) - 1;
  /** Words that are stored on all jumps to an instruction. */
  const known = program.map(() => ALL);
  let stored = 0;
  for (const [at, { code, jt, jf, k }] of program.entries()) {
    stored &= known[at];
    if (code === B.BPF_ST || code === B.BPF_STX) stored |= 1 << k;
    else if (isMemory(code) && !(stored & (1 << k))) return false;
    else if (classOf(code) === B.BPF_JMP) {
      const targets = code === (B.BPF_JMP | B.BPF_JA) ? [k] : [jt, jf];
      for (const t of targets) known[at + 1 + t] &= stored;
      stored = ALL;
    }
  }
  return true;
}

/** Runs a program that `checkBpf` has passed. A division by zero ends it with 0. Unsigned result. */
export function runBpf(program: readonly BpfInsn[], data: DataView): number {
  const memory = new Uint32Array(B.BPF_MEMWORDS);
  let a = 0;
  let x = 0;
  for (let at = 0; ; at++) {
    const { code, jt, jf, k } = program[at];
    const operand = code & B.BPF_X ? x : k;
    switch (classOf(code)) {
      case B.BPF_LD:
        a = loaded(code, k, memory, data);
        break;
      case B.BPF_LDX:
        x = loaded(code, k, memory, data);
        break;
      case B.BPF_ST:
        memory[k] = a;
        break;
      case B.BPF_STX:
        memory[k] = x;
        break;
      case B.BPF_ALU:
        if ((code & 0xf0) === B.BPF_DIV && operand === 0) return 0;
        a = alu(code & 0xf0, a, operand);
        break;
      case B.BPF_JMP:
        at += (code & 0xf0) === B.BPF_JA ? k : holds(code & 0xf0, a, operand) ? jt : jf;
        break;
      case B.BPF_RET:
        return code & B.BPF_A ? a : k;
      default:
        if (code & B.BPF_TXA) a = x;
        else x = a;
    }
  }
}

function loaded(code: number, k: number, memory: Uint32Array, data: DataView): number {
  const mode = code & 0xe0;
  if (mode === B.BPF_ABS) return data.getUint32(k, true);
  return mode === B.BPF_MEM ? memory[k] : mode === B.BPF_LEN ? data.byteLength : k;
}

function alu(op: number, a: number, b: number): number {
  switch (op) {
    case B.BPF_ADD:
      return (a + b) >>> 0;
    case B.BPF_SUB:
      return (a - b) >>> 0;
    case B.BPF_MUL:
      return Math.imul(a, b) >>> 0;
    case B.BPF_DIV:
      return Math.floor(a / b);
    case B.BPF_OR:
      return (a | b) >>> 0;
    case B.BPF_AND:
      return (a & b) >>> 0;
    case B.BPF_LSH:
      return (a << b) >>> 0;
    case B.BPF_RSH:
      return a >>> b;
    case B.BPF_XOR:
      return (a ^ b) >>> 0;
    default:
      return -a >>> 0;
  }
}

function holds(op: number, a: number, b: number): boolean {
  if (op === B.BPF_JEQ) return a === b;
  if (op === B.BPF_JGT) return a > b;
  return op === B.BPF_JGE ? a >= b : (a & b) !== 0;
}
