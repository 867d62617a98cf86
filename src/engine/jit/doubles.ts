/** Vector registers that a region keeps as two doubles, because it computes with the lower one alone. */
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
function score({ insn }: FlowInsn, weight: number, scores: number[]): void {
  const { mnemonic } = insn.row;
  const registers = insn.operands.filter((o) => o.kind === "reg" && (o.cls === "xmm" || o.cls === "ymm"));
  if (!registers.length) return;
  // Alone with memory, a move of a whole register is one of a vector.
  if (NEUTRAL.test(mnemonic) && (registers.length > 1 || /PD$/.test(mnemonic))) return;
  const points = SCALAR.test(mnemonic) ? weight : -2 * weight;
  for (const r of registers) if (r.kind === "reg") scores[r.num] += points;
}
/** The registers' numbers, as bits. */
export function doubleRegisters(blocks: ReadonlyMap<number, FlowBlock>): number {
  const loops = loopsOf(blocks);
  const scores = new Array<number>(16).fill(0);
  for (const b of blocks.values()) {
    const depth = loops.filter(([from, to]) => from <= b.address && b.address <= to).length;
    const weight = LOOP ** Math.min(depth, DEEPEST);
    for (const f of b.insns) score(f, weight, scores);
  }
  return scores.reduce((bits, points, n) => (points > 0 ? bits | (1 << n) : bits), 0);
}
