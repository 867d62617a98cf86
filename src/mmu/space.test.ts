import { beforeEach, describe, expect, it } from "vitest";
import { FAULT_ACCERR, FAULT_MAPERR, FAULT_OK, READ, UserFault, WRITE } from "./access.ts";
import { Frames, PAGE } from "./frames.ts";
import { Ram } from "./ram.ts";
import { AddressSpace, PTE_SHARED, USER_END } from "./space.ts";
import { UserMemory } from "./user.ts";

let frames: Frames;
let space: AddressSpace;
let user: UserMemory;

beforeEach(() => {
  const ram = new Ram();
  frames = new Frames(ram);
  space = new AddressSpace(ram, frames);
  user = new UserMemory(space, () => {});
});

function map(address: number, flags = READ | WRITE): number {
  const frame = frames.alloc();
  space.map(address, frame, flags);
  return frame;
}

describe("AddressSpace", () => {
  it("maps at both ends of the user range and across all levels of the tables", () => {
    for (const address of [
      0x1000,
      0x3ff000,
      0x400000,
      0xfffff000,
      0x100000000,
      0x3fffffff000,
      0x100080000000,
      USER_END - PAGE,
    ]) {
      map(address);
      user.setU32(address, 0xabcd0000 + (address % 65536));
    }
    expect(space.pages).toBe(8);
    expect(user.u32(0x100080000000)).toBe(0xabcd0000);
    const seen: number[] = [];
    space.each(0, USER_END, (a) => seen.push(a));
    expect(seen).toHaveLength(8);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
  it("tells a missing page from a missing permission", () => {
    map(0x5000, READ);
    expect(space.fault(0x5000, READ)).toBe(FAULT_OK);
    expect(space.fault(0x5000, WRITE)).toBe(FAULT_ACCERR);
    expect(space.fault(0x6000, READ)).toBe(FAULT_MAPERR);
    expect(space.fault(-4096, READ)).toBe(FAULT_MAPERR);
    expect(space.fault(2 ** 60, READ)).toBe(FAULT_MAPERR);
  });
  it("gives every frame back", () => {
    const before = frames.used;
    const other = new AddressSpace(space.ram, frames);
    for (let i = 0; i < 3000; i++) other.map(i * PAGE * 7, frames.alloc(), READ);
    other.destroy();
    expect(frames.used).toBe(before);
  });
  it("copies on write after fork, on either side, and keeps sharing shared pages", () => {
    map(0x1000);
    map(0x2000, READ | WRITE | PTE_SHARED);
    user.setU32(0x1000, 1);
    user.setU32(0x2000, 1);
    const child = space.fork();
    if (!child) throw new Error("fork failed");
    const theirs = new UserMemory(child, () => {});
    user.setU32(0x1000, 2);
    user.setU32(0x2000, 2);
    expect(theirs.u32(0x1000)).toBe(1);
    expect(theirs.u32(0x2000)).toBe(2);
    theirs.setU32(0x1000, 3);
    expect(user.u32(0x1000)).toBe(2);
    const used = frames.used;
    child.destroy();
    expect(frames.used).toBeLessThan(used);
    user.setU32(0x1000, 4);
    expect(user.u32(0x1000)).toBe(4);
  });
  it("moves pages", () => {
    map(0x1000);
    user.setU8(0x1000, 77);
    expect(space.move(0x1000, 0x700000000000, PAGE)).toBe(true);
    expect(space.entry(0x1000)).toBe(0);
    expect(user.u8(0x700000000000)).toBe(77);
  });
});

describe("UserMemory", () => {
  it("reads and writes across pages, and stops where memory ends", () => {
    map(0x1000);
    map(0x2000);
    const bytes = Uint8Array.from({ length: 100 }, (_, i) => i);
    user.writeBytes(0x2000 - 50, bytes);
    expect(user.readBytes(0x2000 - 50, 100)).toEqual(bytes);
    expect(user.writePartial(0x3000 - 30, bytes)).toBe(30);
    expect(() => user.readBytes(0x3000 - 30, 31)).toThrow(UserFault);
    expect(user.accessible(0x1800, 0x10000, READ)).toBe(0x1800);
    user.setU64(0x2000 - 4, -2n);
    expect(user.big(0x2000 - 4)).toBe(0xfffffffffffffffen);
    expect(user.i64(0x2000 - 4)).toBe(-2);
  });
  it("reads C strings up to a limit and over a page's end", () => {
    map(0x1000);
    map(0x2000);
    user.writeBytes(0x2000 - 2, new TextEncoder().encode("hello\0"));
    expect(user.cstring(0x2000 - 2)).toBe("hello");
    expect(user.cstring(0x2000 - 2, 5)).toBeUndefined();
    user.writeBytes(0x3000 - 2, Uint8Array.of(65, 66));
    expect(() => user.cstring(0x3000 - 2)).toThrow(UserFault);
  });
  it("transfers page by page and reports progress or the first error", () => {
    map(0x1000);
    const sizes: number[] = [];
    const n = user.transfer(0x1f00, 1000, WRITE, (view) => {
      sizes.push(view.length);
      return view.length;
    });
    expect(n).toBe(0x100);
    expect(sizes).toEqual([0x100]);
    expect(user.transfer(0x1000, 10, READ, () => -5)).toBe(-5);
    expect(() => user.transfer(0x9000, 10, READ, () => 1)).toThrow(UserFault);
  });
});
