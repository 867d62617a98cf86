/** Operands that a row names outright: AL, DX, ST(0), XMM0, FS, 1. */
import { GPR, X87, YMM } from "../../cpu/layout.ts";

export interface Fixed {
  cls: string;
  num: number;
  /** RAM address where the class has one. */
  address: number;
}

const GP64 = ["RAX", "RCX", "RDX", "RBX", "RSP", "RBP", "RSI", "RDI"];
const GP32 = GP64.map((r) => `E${r.slice(1)}`);
const GP16 = GP64.map((r) => r.slice(1));
const GP8 = ["AL", "CL", "DL", "BL"];
const GP8H = ["AH", "CH", "DH", "BH"];
const SEGS = ["ES", "CS", "SS", "DS", "FS", "GS"];

const names = new Map<string, Fixed>();
const lists: [string[], string, number][] = [
  [GP64, "gp64", 0],
  [GP32, "gp32", 0],
  [GP16, "gp16", 0],
  [GP8, "gp8", 0],
  [GP8H, "gp8h", 1],
];
for (const [list, cls, add] of lists) {
  for (const [num, name] of list.entries()) names.set(name, { cls, num, address: GPR + num * 8 + add });
}
for (const [num, name] of SEGS.entries()) names.set(name, { cls: "sreg", num, address: 0 });
names.set("ST(0)", { cls: "st", num: 0, address: X87 });
names.set("ST", { cls: "st", num: 0, address: X87 });
names.set("XMM0", { cls: "xmm", num: 0, address: YMM });

export function isFixedImm(text: string): boolean {
  return /^\d+$/.test(text);
}

export function fixedOperand(text: string): Fixed {
  const f = names.get(text);
  if (!f) throw new Error(`unknown fixed operand ${text}`);
  return f;
}
