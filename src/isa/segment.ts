import { row } from "./row.ts";

/** Loads of a far pointer: register and segment register. */
function far<const M extends string>(name: M, op: string, attributes: string) {
  return [
    row(`${name} r16, m16:16`, `o16 ${op} /r`, "w,r", attributes),
    row(`${name} r32, m16:32`, `o32 ${op} /r`, "w,r", attributes),
  ];
}

/** LFS, LGS, LSS have a 64-bit form (Intel's processors). */
function far64<const M extends string>(name: M, op: string) {
  return [...far(name, op, ""), row(`${name} r64, m16:64`, `REX.W ${op} /r`, "w,r")];
}

export const rows = [
  row("PUSH ES", "o16 06", "r", "not64"),
  row("PUSH ES", "o32 06", "r", "not64"),
  row("PUSH CS", "o16 0E", "r", "not64"),
  row("PUSH CS", "o32 0E", "r", "not64"),
  row("PUSH SS", "o16 16", "r", "not64"),
  row("PUSH SS", "o32 16", "r", "not64"),
  row("PUSH DS", "o16 1E", "r", "not64"),
  row("PUSH DS", "o32 1E", "r", "not64"),
  row("PUSH FS", "o16 0F A0", "r"),
  row("PUSH FS", "o32 0F A0", "r", "not64"),
  row("PUSH FS", "d64 0F A0", "r"),
  row("PUSH GS", "o16 0F A8", "r"),
  row("PUSH GS", "o32 0F A8", "r", "not64"),
  row("PUSH GS", "d64 0F A8", "r"),
  row("POP ES", "o16 07", "w", "not64"),
  row("POP ES", "o32 07", "w", "not64"),
  row("POP SS", "o16 17", "w", "not64"),
  row("POP SS", "o32 17", "w", "not64"),
  row("POP DS", "o16 1F", "w", "not64"),
  row("POP DS", "o32 1F", "w", "not64"),
  row("POP FS", "o16 0F A1", "w"),
  row("POP FS", "o32 0F A1", "w", "not64"),
  row("POP FS", "d64 0F A1", "w"),
  row("POP GS", "o16 0F A9", "w"),
  row("POP GS", "o32 0F A9", "w", "not64"),
  row("POP GS", "d64 0F A9", "w"),

  ...far("LES", "C4", "not64"),
  ...far("LDS", "C5", "not64"),
  ...far64("LSS", "0F B2"),
  ...far64("LFS", "0F B4"),
  ...far64("LGS", "0F B5"),

  row("BOUND r16, m16&16", "o16 62 /r", "r,r", "not64"),
  row("BOUND r32, m32&32", "o32 62 /r", "r,r", "not64"),
  row("ARPL r/m16, r16", "63 /r", "rw,r", "w=z not64"),
];
