/** Compares what became of a trial on both sides, bit for bit where the manuals define it. */
import { ARITH } from "../../src/cpu/flags.ts";
import { form } from "../../src/isa/table.ts";
import * as T from "./layout.ts";
import { codeOffset } from "./segments.ts";
import { faultsAnywhere, stopsComparing, undefinedStatus } from "./vendor.ts";

const GPR_NAMES = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
/** #SS, #GP, #PF, #AC: what an address can raise. */
const PF = 14;
const ADDRESS_TRAPS = [12, 13, PF, 17];
const SIGALRM = 14;
const SIGSYS = 31;
const MXCSR_EXCEPTIONS = 0x3f;
/** The flag of denormal operands, and what may leave it out where nothing else asks for the long way (docs/exactness.md). */
const MXCSR_DENORMAL = 2;
const WITHOUT_DENORMAL = /^V?(ADD|SUB|MUL|HADD|HSUB|DP|MIN|MAX|CMP|U?COMI)/;

export interface Difference {
  /** Field's name. */
  field: string;
  ours: string;
  silicon: string;
}

export interface CompareOptions {
  /** Compare MXCSR's exception flags. */
  mxcsr: boolean;
  /** Compare x87's last opcode and pointers. */
  pointers: boolean;
}

function hex(bytes: Uint8Array, from: number, length: number): string {
  let s = "";
  for (let i = from + length - 1; i >= from; i--) s += (bytes[i] as number).toString(16).padStart(2, "0");
  return s.replace(/^0+(?=.)/, "");
}

function flagsText(v: number): string {
  const names: [number, string][] = [
    [0x800, "O"],
    [0x400, "D"],
    [0x80, "S"],
    [0x40, "Z"],
    [0x10, "A"],
    [4, "P"],
    [1, "C"],
  ];
  const known = names.reduce((mask, [bit]) => mask | bit, 0x202);
  const rest = v & ~known;
  return names.map(([bit, n]) => (v & bit ? n : "-")).join("") + (rest ? `+${rest.toString(16)}` : "");
}

/** RIP after the INT3 that ends a trial. */
function endOf(trial: T.Trial): bigint {
  const { view: v } = trial;
  return BigInt(
    codeOffset(v.getUint32(T.S_WORLD, true)) + v.getUint32(T.S_CODE_AT, true) + v.getUint32(T.S_CODE_LENGTH, true) + 1,
  );
}

/** Differences; none means agreement. */
export function compare(trial: T.Trial, ours: Uint8Array, silicon: Uint8Array, o: CompareOptions): Difference[] {
  const out: Difference[] = [];
  const [a, b] = [T.view(ours), T.view(silicon)];
  const bytes = (field: string, at: number, length: number): void => {
    for (let i = at; i < at + length; i++) {
      if (ours[i] !== silicon[i]) {
        out.push({ field, ours: hex(ours, at, length), silicon: hex(silicon, at, length) });
        return;
      }
    }
  };
  const value = (field: string, x: number, y: number): void => {
    if (x !== y) out.push({ field, ours: x.toString(16), silicon: y.toString(16) });
  };
  const signals = [a, b].map((v) => v.getUint32(T.R_SIGNO, true));
  // Where a trial that runs for ever is stopped is chance.
  if (signals.every((s) => s === SIGALRM)) return out;
  const forms = trial.rows.map((i) => form(i));
  const anywhere = forms.some(faultsAnywhere);
  const traps = [a, b].map((v) => (signals[0] === SIGSYS ? 0 : v.getUint32(T.R_TRAPNO, true)));
  if (!anywhere || !traps.every((t) => ADDRESS_TRAPS.includes(t))) {
    value("signal", signals[0] as number, signals[1] as number);
    value("trap", traps[0] as number, traps[1] as number);
  }
  if (!anywhere) {
    value("si_code", a.getInt32(T.R_CODE, true), b.getInt32(T.R_CODE, true));
    bytes("si_addr", T.R_ADDR, 8);
  }
  // All of a selector's or a gate's. Of a page fault's write and fetch; whether a page was present is the kernel's to tell for its own addresses.
  const errors = traps[1] === PF ? 0x12 : 0xffff;
  if (!anywhere && signals[0] !== SIGSYS)
    value("error", a.getUint32(T.R_ERR, true) & errors, b.getUint32(T.R_ERR, true) & errors);
  bytes("rip", T.S_RIP, 8);
  for (let i = 0; i < 16; i++) bytes(GPR_NAMES[i] as string, T.S_GPR + i * 8, 8);
  const unmasked = forms.some((f) => stopsComparing(f.mnemonic, b.getUint16(T.S_FSW, true)));
  const ended = b.getBigUint64(T.S_RIP, true) === endOf(trial);
  const flags = ~((ended ? trial.undefinedFlags : trial.everUndefined) | (unmasked ? ARITH : 0));
  const [x, y] = [a.getUint32(T.S_RFLAGS, true) & flags, b.getUint32(T.S_RFLAGS, true) & flags];
  if (x !== y) out.push({ field: "flags", ours: flagsText(x), silicon: flagsText(y) });
  // Null selectors lose their privilege level on the way through the kernel.
  const selector = (v: DataView, i: number): number => {
    const s = v.getUint16(T.S_SEL + 16 * i, true);
    return s < 4 ? 0 : s;
  };
  // FS and GS, which hypervisors load as they like, are left out, as are all where they were not recorded (vectors.ts).
  const told = selector(b, 1) !== 0;
  for (const [i, name] of ["es", "cs", "ss", "ds"].entries()) if (told) value(name, selector(a, i), selector(b, i));
  bytes("fsbase", T.S_FS, 8);
  bytes("gsbase", T.S_GS, 8);
  bytes("fcw", T.S_FCW, 2);
  const fsw = b.getUint16(T.S_FSW, true);
  const noNumber = (b.getUint16(T.S_ST + 8, true) & 0x7fff) === 0x7fff;
  const status = forms.reduce((mask, f) => mask & ~undefinedStatus(f.mnemonic, fsw, noNumber), 0xffff);
  value("fsw", a.getUint16(T.S_FSW, true) & status, fsw & status);
  bytes("ftw", T.S_FTW, 1);
  if (o.pointers) {
    bytes("fop", T.S_FOP, 2);
    bytes("fip", T.S_FIP, 8);
    bytes("fdp", T.S_FDP, 8);
  }
  const denormal = forms.some((f) => WITHOUT_DENORMAL.test(f.mnemonic)) ? MXCSR_DENORMAL : 0;
  const mxcsr = 0xffff & ~(o.mxcsr ? denormal : MXCSR_EXCEPTIONS);
  value("mxcsr", a.getUint32(T.S_MXCSR, true) & mxcsr, b.getUint32(T.S_MXCSR, true) & mxcsr);
  for (let i = 0; i < 8; i++) bytes(`st${i}`, T.S_ST + i * 16, 10);
  for (let i = 0; i < 16; i++) bytes(`ymm${i}`, T.S_YMM + i * 32, 32);
  memory(trial, ours, silicon, out);
  return out;
}

/** Changed words by their offsets. */
function changes(result: Uint8Array): Map<number, Uint8Array> {
  const map = new Map<number, Uint8Array>();
  const v = T.view(result);
  for (let n = v.getUint32(T.R_CHANGES, true), at = T.RESULT_SIZE; n > 0; n--, at += T.CHANGE_SIZE) {
    map.set(v.getUint32(at, true), result.subarray(at + 8, at + 16));
  }
  return map;
}

function memory(trial: T.Trial, ours: Uint8Array, silicon: Uint8Array, out: Difference[]): void {
  const length = T.view(ours).getUint32(T.R_CHANGES, true);
  if (length === T.view(silicon).getUint32(T.R_CHANGES, true) && length === 0) return;
  const [x, y] = [changes(ours), changes(silicon)];
  const loose = (at: number): boolean => trial.loose.some(([from, n]) => at >= from && at < from + n);
  let before: Uint8Array | undefined;
  const word = (of: Map<number, Uint8Array>, at: number): Uint8Array => {
    const changed = of.get(at);
    if (changed) return changed;
    before ??= T.dataBefore(trial);
    return before.subarray(at, at + 8);
  };
  for (const at of new Set([...x.keys(), ...y.keys()])) {
    const [p, q] = [word(x, at), word(y, at)];
    if (p.some((b, i) => b !== q[i] && !loose(at + i))) {
      out.push({ field: `[${(T.DATA_LOW + at).toString(16)}]`, ours: hex(p, 0, 8), silicon: hex(q, 0, 8) });
    }
  }
}

/** x87 functions whose last digits differ between processors, too. */
const TRANSCENDENTAL = /^(F2XM1|FYL2X|FYL2XP1|FPTAN|FPATAN|FSIN|FCOS|FSINCOS)$/;
const LAST_DIGITS = 4n;

/** Number of an 80-bit value among its neighbours: without the mantissa's integer bit. */
function ordinal(text: string): bigint {
  const v = BigInt(`0x${text}`);
  return ((v >> 64n) << 63n) | (v & ((1n << 63n) - 1n));
}

export const isTranscendental = (f: { mnemonic: string }): boolean => TRANSCENDENTAL.test(f.mnemonic);

/**
 * True if all that differs is the end of a mantissa that a transcendental function made. `times`: how often the trial ran such
 * functions, one perhaps on what the other made; asked only if need be.
 */
export function onlyLastDigits(
  trial: T.Trial,
  differences: readonly Difference[],
  times: () => number = () => 1,
): boolean {
  if (!trial.rows.some((i) => isTranscendental(form(i)))) return false;
  let most = 0n;
  for (const d of differences) {
    if (d.field === "fsw") {
      if (((Number.parseInt(d.ours, 16) ^ Number.parseInt(d.silicon, 16)) & ~0x220) !== 0) return false;
      continue;
    }
    if (!d.field.startsWith("st")) return false;
    const delta = ordinal(d.ours) - ordinal(d.silicon);
    most = [most, delta, -delta].reduce((a, b) => (a > b ? a : b));
  }
  return most <= LAST_DIGITS || most <= LAST_DIGITS * BigInt(times());
}
