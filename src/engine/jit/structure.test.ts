import { expect, test } from "vitest";
import { type Flow, type FlowBlock, prune } from "./flow.ts";
import { loopsOf, structure } from "./structure.ts";

/** Nodes by number, with their successors; 0 is the entry. */
const graph =
  (edges: readonly (readonly number[])[]) =>
  (n: number): number[] => [...edges[n]];

test("the largest loops that meet the condition", () => {
  // 1-4 is a loop around the loop 2-3; 5 follows it, and 6 is a loop of its own.
  const next = graph([[1], [2], [3], [2, 4], [1, 5], [6], [6, 7], []]);
  const shape = structure(0, next);
  const inside = (most: number) => Object.fromEntries(loopsOf(shape, next, (_, body) => body.size <= most));
  expect(inside(9)).toEqual({ 1: 1, 2: 1, 3: 1, 4: 1, 6: 6 });
  expect(inside(2)).toEqual({ 2: 2, 3: 2, 6: 6 });
  expect(inside(0)).toEqual({});
});

test("what leads back to a loop's head belongs to it, whatever else it leads to", () => {
  const next = graph([[1], [2, 3], [1, 4], [1, 4], []]);
  const heads = loopsOf(structure(0, next), next, () => true);
  expect([...heads.keys()].sort()).toEqual([1, 2, 3]);
});

function block(address: number, ...to: number[]): FlowBlock {
  const [taken = 0, fall = address + 1] = to;
  return { address, insns: [], end: ["stop", "jump", "cond"][to.length] as FlowBlock["end"], taken, fall };
}

test("a flow keeps what is wanted, and the gaps between", () => {
  // 10 to 40 by 20 or by 30 and 35; 50 is an entry that nobody wants.
  const all = [block(10, 20, 30), block(20, 40), block(30, 35), block(35, 40), block(40), block(50, 40)];
  const flow: Flow = { blocks: new Map(all.map((b) => [b.address, b])), entries: [10, 50] };
  prune(flow, (a) => a === 40);
  expect([...flow.blocks.keys()]).toEqual([10, 20, 40]);
  expect(flow.entries).toEqual([10]);
});
