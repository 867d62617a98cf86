/**
 * Does the oracle see what it should? Each mutation breaks the semantics in one place of the source; the oracle must find a
 * difference in the rows named. The source is restored afterwards.
 *
 *     npx tsx tools/oracle/mutate.ts [--trials 3000]
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

interface Mutation {
  what: string;
  file: string;
  from: string;
  to: string;
  row: string;
  options?: readonly string[];
}

const MUTATIONS: readonly Mutation[] = [
  {
    what: "a flag: SBB's and SUB's borrow",
    file: "src/engine/emit/lazy.ts",
    from: "return w.or(w.and(na, b), w.and(w.or(na, b), r));",
    to: "return w.or(w.and(na, b), w.and(w.or(na, b), w.not(r)));",
    row: "^(SUB|SBB|CMP) ",
  },
  {
    what: "a flag: parity of the whole result",
    file: "src/engine/emit/lazy.ts",
    from: "i32.popcnt(i32.and(v, c32(0xff)))",
    to: "i32.popcnt(i32.and(v, c32(0xffff)))",
    row: "^(ADD r/m|AND r/m|SETN?P |LAHF|PUSHFQ)",
    options: ["--sequences"],
  },
  {
    what: "a rounding: FLDPI rounded to nearest as cut off",
    file: "src/sem/x87.ts",
    from: "table.FLDPI = roundedConstant(0xc90fdaa22168c234n, 0x4000, true);",
    to: "table.FLDPI = roundedConstant(0xc90fdaa22168c234n, 0x4000, false);",
    row: "^FLDPI",
  },
  {
    what: "a fault address: the page instead of the byte",
    file: "src/engine/emit/memory.ts",
    from: 'c.st("i64", ZERO, address, EXIT_ADDR);',
    to: 'c.st("i64", ZERO, i64.and(address, PAGE_MASK), EXIT_ADDR);',
    row: "^MOV r64, r/m64",
  },
  {
    what: "a partial write: MOVS stores before the source was read",
    file: "src/sem/string.ts",
    from: "const from = e.load(source(e, bytes), size);",
    to: 'e.store(destination(e, bytes, "w"), size, e.reg(RAX, size)); const from = e.load(source(e, bytes), size);',
    row: "^MOVS[BWQ]",
  },
  {
    what: "the vector: #GP where the stack segment asks for #SS",
    file: "src/engine/access-fault.ts",
    from: "throughStack(insn, view) ? VECTOR.SS : VECTOR.GP",
    to: "throughStack(insn, view) ? VECTOR.GP : VECTOR.GP",
    row: "^(PUSH|POP|LEAVE|RET)",
  },
  {
    what: "precision: RET moves RSP before its target is found to be bad",
    file: "src/sem/control.ts",
    from: "  canonical(e, target);\n  const w = width(e.stackSize);",
    to: "  const w = width(e.stackSize);",
    row: "^RET",
  },
  {
    what: "the trap flag: a repeated instruction traps once, not each round",
    file: "src/sem/string.ts",
    from: "i32.const(DF | TF)",
    to: "i32.const(DF)",
    row: "^(MOVS|STOS)[BWQ]",
    options: ["--trace"],
  },
  {
    what: "a register: 32-bit results keep the upper half",
    file: "src/engine/interp/handler.ts",
    from: 'if (size === 32) this.st("i64", base, i64.extend_i32_u(v), offset);',
    to: 'if (size === 32) this.st("i32", base, v, offset);',
    row: "^(MOV|ADD) r/m32",
  },
  {
    what: "x87: the stack's overflow doesn't show in C1",
    file: "src/sem/x87-ops.ts",
    from: "setCell(c, C1, i32.eqz(underflow));",
    to: "setCell(c, C1, k(0));",
    row: "^FLD ",
  },
];

const { values: o } = parseArgs({ options: { trials: { type: "string", default: "3000" } } });
const root = new URL("../../", import.meta.url).pathname;
let missed = 0;
for (const m of MUTATIONS) {
  const path = root + m.file;
  const source = readFileSync(path, "utf8");
  if (source.split(m.from).length !== 2) throw new Error(`${m.file}: not there once: ${m.from}`);
  try {
    writeFileSync(
      path,
      source.replace(m.from, () => m.to),
    );
    const options = ["--trials", o.trials, "--row", m.row, "--show", "0", ...(m.options ?? [])];
    const r = spawnSync("npx", ["tsx", "tools/oracle/main.ts", ...options], { cwd: root, encoding: "utf8" });
    const last = r.stdout.trim().split("\n").at(-1) ?? "";
    const count = Number(/, (\d+) differ/.exec(last)?.[1] ?? Number.NaN);
    if (!(count > 0)) missed++;
    console.log(`${count > 0 ? "caught" : "MISSED"}: ${m.what}: ${last || r.stderr.slice(-200)}`);
  } finally {
    writeFileSync(path, source);
  }
}
process.exitCode = missed ? 1 : 0;
