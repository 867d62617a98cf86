import { expect, test } from "vitest";
import { Attached } from "../base/attached.ts";
import { GraphSnapshot } from "./graph.ts";

class Node {
  next: Node | undefined;
  readonly tags = new Set<string>(["new"]);
  readonly bytes = new Uint8Array(4);
  constructor(public value: unknown) {}
}
const options = { isLeaf: () => false };

test("objects get their contents back, and stay the same objects", () => {
  const a = new Node(1);
  const b = new Node([1, { deep: 2 }]);
  const map = new Map<unknown, unknown>([[a, b]]);
  a.next = b;
  b.next = a;
  const noted = new Attached<Node, { n: number }>("noted");
  const note = { n: 1 };
  noted.set(b, note);
  const snapshot = new GraphSnapshot([map], options);

  const { tags } = a;
  a.value = "changed";
  a.tags.clear();
  a.bytes.fill(9);
  a.next = undefined;
  note.n = 2;
  noted.set(a, { n: 3 });
  (b.value as unknown[]).length = 0;
  Object.assign(b, { later: true });
  map.clear();
  map.set("x", 1);
  snapshot.restore();

  expect(a.value).toBe(1);
  expect(a.next).toBe(b);
  expect(a.tags).toBe(tags);
  expect([...tags]).toEqual(["new"]);
  expect([...a.bytes]).toEqual([0, 0, 0, 0]);
  expect(b.value).toEqual([1, { deep: 2 }]);
  expect("later" in b).toBe(false);
  expect(noted.get(b)).toBe(note);
  expect(note.n).toBe(1);
  expect(noted.get(a)).toBeUndefined();
  expect([...map]).toEqual([[a, b]]);
});

test("large arrays share what did not change", () => {
  const big = { bytes: new Uint8Array(1 << 20) };
  const first = new GraphSnapshot([big], options);
  big.bytes[5000] = 1;
  const second = new GraphSnapshot([big], options, first);
  expect(second.size).toBeLessThan(10_000);
  big.bytes.fill(7);
  second.restore();
  expect(big.bytes[5000]).toBe(1);
  first.restore();
  expect(big.bytes.every((v) => v === 0)).toBe(true);
});

test("what cannot be saved is named, with the way to it", () => {
  const problems: string[] = [];
  new GraphSnapshot([{ a: [new WeakMap()], b: Promise.resolve() }], {
    ...options,
    onProblem: (path, what) => void problems.push(`${path}: ${what}`),
  });
  expect(problems.sort()).toEqual(["0.a.0: WeakMap", "0.b: Promise"]);
});
