import { describe, expect, it } from "vitest";
import { makeVma, type PageSource, type Vma, VmaList } from "./vma.ts";

const shape = (l: VmaList): string[] => l.list.map((v) => `${v.start}-${v.end}:${v.prot}`);

function source(): PageSource & { refs: number } {
  return {
    refs: 1,
    place: undefined,
    page: () => 0,
    retain() {
      this.refs++;
    },
    release() {
      this.refs--;
    },
    describe: () => "",
  };
}

function listOf(...vmas: Vma[]): VmaList {
  const l = new VmaList();
  for (const v of vmas) l.insert(v);
  return l;
}

describe("VmaList", () => {
  it("keeps order and merges neighbours that are alike", () => {
    const l = listOf(makeVma(100, 200, 3), makeVma(300, 400, 3), makeVma(0, 50, 1));
    expect(shape(l)).toEqual(["0-50:1", "100-200:3", "300-400:3"]);
    l.insert(makeVma(200, 300, 3));
    expect(shape(l)).toEqual(["0-50:1", "100-400:3"]);
    l.insert(makeVma(50, 100, 5));
    expect(shape(l)).toEqual(["0-50:1", "50-100:5", "100-400:3"]);
  });
  it("merges mappings of one source only where offsets go on", () => {
    const s = source();
    const part = (start: number, offset: number): Vma =>
      makeVma(start, start + 100, 1, { source: s, offset, shared: true });
    const l = listOf(part(0, 0));
    s.refs++;
    l.insert(part(100, 100));
    expect(shape(l)).toEqual(["0-200:1"]);
    expect(s.refs).toBe(1);
    s.refs++;
    l.insert(part(200, 0));
    expect(shape(l)).toEqual(["0-200:1", "200-300:1"]);
  });
  it("finds by address", () => {
    const l = listOf(makeVma(100, 200, 3), makeVma(300, 400, 1));
    expect(l.find(99)).toBeUndefined();
    expect(l.find(100)?.start).toBe(100);
    expect(l.find(199)?.start).toBe(100);
    expect(l.find(200)).toBeUndefined();
    expect(l.covers(100, 200)).toBe(true);
    expect(l.covers(100, 201)).toBe(false);
    expect(l.covers(150, 350)).toBe(false);
  });
  it("cuts at both ends and shares the source", () => {
    const s = source();
    const l = listOf(makeVma(0, 1000, 3, { source: s, offset: 5000 }));
    const gone = l.remove(200, 300);
    expect(shape(l)).toEqual(["0-200:3", "300-1000:3"]);
    expect(l.list[1].offset).toBe(5300);
    expect(gone.map((v) => [v.start, v.end, v.offset])).toEqual([[200, 300, 5200]]);
    expect(s.refs).toBe(3);
  });
  it("puts pieces together again when they are alike again", () => {
    const l = listOf(makeVma(0, 1000, 3));
    for (const v of l.isolate(200, 300)) v.prot = 1;
    expect(shape(l)).toEqual(["0-200:3", "200-300:1", "300-1000:3"]);
    for (const v of l.isolate(200, 300)) v.prot = 3;
    l.mergeRange(200, 300);
    expect(shape(l)).toEqual(["0-1000:3"]);
  });
  it("finds holes from above and from below", () => {
    const l = listOf(makeVma(100, 200, 3), makeVma(300, 400, 1));
    expect(l.holeBelow(50, 0, 1000)).toBe(950);
    expect(l.holeBelow(50, 0, 400)).toBe(250);
    expect(l.holeBelow(150, 0, 350)).toBe(-1);
    expect(l.holeBelow(100, 0, 350)).toBe(200);
    expect(l.holeBelow(100, 0, 250)).toBe(0);
    expect(l.holeAbove(50, 0, 1000)).toBe(0);
    expect(l.holeAbove(150, 0, 1000)).toBe(400);
    expect(l.holeAbove(700, 0, 1000)).toBe(-1);
  });
});
