/** Vector registers that a region keeps as two doubles, because it computes with the lower one alone. */
import type { Operand, RegOperand } from "../../isa/types.ts";
import type { FlowBlock, FlowInsn } from "./flow.ts";
import { successors } from "./flow.ts";

/** Take or give the low double of vector registers. */
const SCALAR = /^V?((ADD|SUB|MUL|DIV|SQRT|MIN|MAX|MOV|CVTSI2|CVTSS2)SD|U?COMISD|CVTT?SD2S[IS]|MOVQ|VF\w+SD)$/;
/** Cost the same either way. */
const NEUTRAL = /^V?(MOV(AP[SD]|DQA|UP[SD]|DQU|LPD|HPD)|PXOR|XORP[SD]|MOVDDUP|UNPCKLPD)$/;
/** What an instruction in a loop weighs more, for each loop around it. */
const LOOP = 8;
const DEEPEST = 4;

/** Loops as ranges of addresses, which is how compilers lay them out. */
function loopsOf(blocks: ReadonlyMap<number, FlowBlock>): [number, number][] {
  const loops: [number, number][] = [];
  for (const b of blocks.values()) {
    for (const to of successors(b)) if (to <= b.address && blocks.has(to)) loops.push([to, b.address]);
  }
  return loops;
}
/** What kinds of instructions there are, by mnemonic: points for a register kept as doubles, or 0. */
const points = new Map<string, number>();
function pointsOf(mnemonic: string): number {
  let n = points.get(mnemonic);
  if (n === undefined) {
    n = SCALAR.test(mnemonic) ? 1 : -2;
    points.set(mnemonic, n);
  }
  return n;
}
function isVector(o: Operand): o is RegOperand {
  return o.kind === "reg" && (o.cls === "xmm" || o.cls === "ymm");
}
function score({ insn }: FlowInsn, weight: () => number, scores: number[]): void {
  const { operands } = insn;
  if (!operands.some(isVector)) return;
  const { mnemonic } = insn.row;
  const registers = operands.filter(isVector);
  // Alone with memory, a move of a whole register is one of a vector.
  if (NEUTRAL.test(mnemonic) && (registers.length > 1 || /PD$/.test(mnemonic))) return;
  for (const r of registers) scores[r.num] += pointsOf(mnemonic) * weight();
}
/** The registers' numbers, as bits. */
export function doubleRegisters(blocks: ReadonlyMap<number, FlowBlock>): number {
  let loops: [number, number][] | undefined;
  const scores = new Array<number>(16).fill(0);
  for (const b of blocks.values()) {
    let w = 0;
    const weight = (): number => {
      loops ??= loopsOf(blocks);
      if (w === 0) {
        const depth = loops.filter(([from, to]) => from <= b.address && b.address <= to).length;
        w = LOOP ** Math.min(depth, DEEPEST);
      }
      return w;
    };
    for (const f of b.insns) score(f, weight, scores);
  }
  return scores.reduce((bits, n, i) => (n > 0 ? bits | (1 << i) : bits), 0);
}
