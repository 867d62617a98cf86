import { row } from "./row.ts";

/** Rotates and shifts: /n of C0, C1 (imm8), D0, D1 (by 1), D2, D3 (by CL). */
function shift<const M extends string>(name: M, n: number, by1: string, byCount: string) {
  return [
    row(`${name} r/m8, 1`, `D0 /${n}`, "rw,r", by1),
    row(`${name} r/m16, 1`, `o16 D1 /${n}`, "rw,r", by1),
    row(`${name} r/m32, 1`, `o32 D1 /${n}`, "rw,r", by1),
    row(`${name} r/m64, 1`, `REX.W D1 /${n}`, "rw,r", by1),
    row(`${name} r/m8, CL`, `D2 /${n}`, "rw,r", byCount),
    row(`${name} r/m16, CL`, `o16 D3 /${n}`, "rw,r", byCount),
    row(`${name} r/m32, CL`, `o32 D3 /${n}`, "rw,r", byCount),
    row(`${name} r/m64, CL`, `REX.W D3 /${n}`, "rw,r", byCount),
    row(`${name} r/m8, imm8`, `C0 /${n} ib`, "rw,r", byCount),
    row(`${name} r/m16, imm8`, `o16 C1 /${n} ib`, "rw,r", byCount),
    row(`${name} r/m32, imm8`, `o32 C1 /${n} ib`, "rw,r", byCount),
    row(`${name} r/m64, imm8`, `REX.W C1 /${n} ib`, "rw,r", byCount),
  ];
}

function double<const M extends string>(name: M, op: string, opCl: string) {
  const flags = "w=szpc u=oa count";
  return [
    row(`${name} r/m16, r16, imm8`, `o16 0F ${op} /r ib`, "rw,r,r", flags),
    row(`${name} r/m32, r32, imm8`, `o32 0F ${op} /r ib`, "rw,r,r", flags),
    row(`${name} r/m64, r64, imm8`, `REX.W 0F ${op} /r ib`, "rw,r,r", flags),
    row(`${name} r/m16, r16, CL`, `o16 0F ${opCl} /r`, "rw,r,r", flags),
    row(`${name} r/m32, r32, CL`, `o32 0F ${opCl} /r`, "rw,r,r", flags),
    row(`${name} r/m64, r64, CL`, `REX.W 0F ${opCl} /r`, "rw,r,r", flags),
  ];
}

export const rows = [
  ...shift("ROL", 0, "w=oc", "w=c u=o count"),
  ...shift("ROR", 1, "w=oc", "w=c u=o count"),
  ...shift("RCL", 2, "r=c w=oc", "r=c w=c u=o count"),
  ...shift("RCR", 3, "r=c w=oc", "r=c w=c u=o count"),
  ...shift("SHL", 4, "w=oszpc u=a", "w=szpc u=oa count"),
  ...shift("SHR", 5, "w=oszpc u=a", "w=szpc u=oa count"),
  // Undocumented alias of SHL.
  ...shift("SAL", 6, "w=oszpc u=a", "w=szpc u=oa count"),
  ...shift("SAR", 7, "w=oszpc u=a", "w=szpc u=oa count"),
  ...double("SHLD", "A4", "A5"),
  ...double("SHRD", "AC", "AD"),
];
