/** A trial as one line of text, which reproduces it, and back. Fields at their usual values are left out. */
import { decode } from "../../src/decode/decode.ts";
import { disassemble } from "../../src/decode/text.ts";
import * as T from "./layout.ts";
import { codeOffset, WORLDS } from "./segments.ts";

interface Field {
  name: string;
  at: number;
  bytes: number;
  usual: bigint;
}
const field = (name: string, at: number, bytes: number, usual = 0n): Field => ({ name, at, bytes, usual });

export const FIELDS: readonly Field[] = [
  ..."rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15"
    .split(" ")
    .map((name, i) => field(name, T.S_GPR + i * 8, 8)),
  field("flags", T.S_RFLAGS, 4, 0x202n),
  field("world", T.S_WORLD, 4),
  field("fs", T.S_FS, 8),
  field("gs", T.S_GS, 8),
  field("fcw", T.S_FCW, 2, 0x37fn),
  field("fsw", T.S_FSW, 2),
  field("ftw", T.S_FTW, 1, 0xffn),
  field("mxcsr", T.S_MXCSR, 4, 0x1f80n),
  ...Array.from({ length: 8 }, (_, i) => field(`st${i}`, T.S_ST + i * 16, 10)),
  ...Array.from({ length: 16 }, (_, i) => field(`xmm${i}`, T.S_YMM + i * 32, 16)),
  ...Array.from({ length: 16 }, (_, i) => field(`ymmh${i}`, T.S_YMM + i * 32 + 16, 16)),
];

export function getField(bytes: Uint8Array, f: Field): bigint {
  let v = 0n;
  for (let i = f.bytes - 1; i >= 0; i--) v = (v << 8n) | BigInt(bytes[f.at + i] as number);
  return v;
}
export function setField(bytes: Uint8Array, f: Field, v: bigint): void {
  for (let i = 0; i < f.bytes; i++) bytes[f.at + i] = Number((v >> BigInt(8 * i)) & 0xffn);
}

const hexBytes = (bytes: Uint8Array): string => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");

export function codeOf(trial: T.Trial): Uint8Array {
  return trial.bytes.subarray(T.T_CODE, T.T_CODE + trial.view.getUint32(T.S_CODE_LENGTH, true));
}

/** Instructions of a trial: their bytes and texts. */
export function instructions(trial: T.Trial): { bytes: Uint8Array; text: string }[] {
  const code = codeOf(trial);
  const world = trial.view.getUint32(T.S_WORLD, true);
  const out: { bytes: Uint8Array; text: string }[] = [];
  for (let at = 0; at < code.length; ) {
    const insn = decode(code, at, code.length, WORLDS[world].mode);
    if (typeof insn === "string") {
      out.push({ bytes: code.subarray(at), text: insn });
      break;
    }
    const address = BigInt(codeOffset(world) + trial.view.getUint32(T.S_CODE_AT, true) + at);
    out.push({ bytes: code.subarray(at, at + insn.length), text: disassemble(insn, address) });
    at += insn.length;
  }
  return out;
}

export function trialText(trial: T.Trial): string {
  const parts = [`code=${hexBytes(codeOf(trial))}@${trial.view.getUint32(T.S_CODE_AT, true).toString(16)}`];
  for (const f of FIELDS) {
    const v = getField(trial.bytes, f);
    if (v !== f.usual) parts.push(`${f.name}=${v.toString(16)}`);
  }
  T.eachPatch(trial, (offset, bytes) => parts.push(`[${offset.toString(16)}]=${hexBytes(bytes)}`));
  for (const [offset, length] of trial.loose) parts.push(`loose=${offset.toString(16)}:${length}`);
  if (trial.everUndefined)
    parts.push(`undefined=${trial.undefinedFlags.toString(16)}:${trial.everUndefined.toString(16)}`);
  return parts.join(" ");
}

const fromHex = (s: string): number[] => (s.match(/../g) ?? []).map((b) => Number.parseInt(b, 16));

/** A trial out of parts: state bytes, code, patches. */
export function assemble(
  state: Uint8Array,
  codeAt: number,
  code: ArrayLike<number>,
  patches: readonly { offset: number; bytes: ArrayLike<number> }[],
  rows: readonly number[],
  tolerance: Pick<T.Trial, "undefinedFlags" | "everUndefined" | "loose">,
): T.Trial {
  const room = (n: number): number => T.PATCH_HEAD + T.padded(n);
  const size = patches.reduce((n, p) => n + room(p.bytes.length), 0);
  let at = T.T_CODE + T.padded(code.length);
  const bytes = new Uint8Array(at + size);
  bytes.set(state.subarray(0, T.STATE_SIZE));
  const v = T.view(bytes);
  v.setUint32(T.S_CODE_AT, codeAt, true);
  v.setUint32(T.S_CODE_LENGTH, code.length, true);
  bytes.set(code, T.T_CODE);
  v.setUint32(T.T_PATCHES, patches.length, true);
  v.setUint32(T.T_PATCH_BYTES, size, true);
  for (const p of patches) {
    v.setUint16(at, p.offset, true);
    v.setUint16(at + 2, p.bytes.length, true);
    bytes.set(p.bytes, at + T.PATCH_HEAD);
    at += room(p.bytes.length);
  }
  const { undefinedFlags, everUndefined, loose } = tolerance;
  return { bytes, view: v, rows, undefinedFlags, everUndefined, loose };
}

/** Reads what `trialText` wrote; other words are ignored. */
export function parseTrial(line: string): T.Trial {
  const state = new Uint8Array(T.STATE_SIZE);
  for (const f of FIELDS) setField(state, f, f.usual);
  const patches: { offset: number; bytes: number[] }[] = [];
  let code: number[] = [];
  let at = 0x400;
  let undefinedFlags = 0;
  let everUndefined = 0;
  const loose: [number, number][] = [];
  for (const word of line.split(/\s+/)) {
    const [name, value] = word.split("=");
    if (name === undefined || value === undefined) continue;
    const f = FIELDS.find((x) => x.name === name);
    if (f) setField(state, f, BigInt(`0x${value}`));
    else if (name === "code") {
      const [bytes, offset] = value.split("@");
      code = fromHex(bytes as string);
      if (offset) at = Number.parseInt(offset, 16);
    } else if (name === "undefined") {
      const [end, ever] = value.split(":").map((x) => Number.parseInt(x, 16));
      undefinedFlags = end as number;
      everUndefined = ever ?? undefinedFlags;
    } else if (name === "loose") {
      const [offset, length] = value.split(":");
      loose.push([Number.parseInt(offset as string, 16), Number(length)]);
    } else if (name.startsWith("["))
      patches.push({ offset: Number.parseInt(name.slice(1), 16), bytes: fromHex(value) });
  }
  const rows: number[] = [];
  for (let i = 0; i < code.length; ) {
    const insn = decode(Uint8Array.from(code), i, code.length, 64);
    if (typeof insn === "string") break;
    rows.push(insn.row.index);
    i += insn.length;
  }
  return assemble(state, at, code, patches, rows, { undefinedFlags, everUndefined, loose });
}
