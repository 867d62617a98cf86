import { describe, expect, it } from "vitest";
import { AT_EXECFN, AT_NULL, AT_PLATFORM, AT_RANDOM } from "../abi/auxv.ts";
import { E2BIG } from "../abi/errno.ts";
import { FRAMES } from "../cpu/layout.ts";
import { Frames } from "../mmu/frames.ts";
import { Ram } from "../mmu/ram.ts";
import { AddressSpace } from "../mmu/space.ts";
import { UserMemory } from "../mmu/user.ts";
import { buildStack, checkArguments, type StackRequest } from "./stack.ts";
import type { LoadTarget } from "./target.ts";

function target(): LoadTarget {
  const ram = new Ram(FRAMES + 0x1000000);
  const frames = new Frames(ram);
  const space = new AddressSpace(ram, frames);
  return {
    user: new UserMemory(space, () => {}),
    map: (address, length, prot) => {
      for (let a = address; a < address + length; a += 4096) space.map(a, frames.alloc(), prot);
      return address;
    },
    unmap: () => {},
  };
}

const REQUEST: StackRequest = {
  argv: ["prog", "second"],
  envp: ["A=1", "B=2", "C=3"],
  execFn: "./prog",
  phdr: 0x400040,
  phnum: 5,
  entry: 0x401000,
  base: 0,
  uid: 1,
  euid: 2,
  gid: 3,
  egid: 4,
  secure: false,
  random: Uint8Array.from({ length: 16 }, (_, i) => i),
  hwcap: 0,
  hwcap2: 0,
  minSigStack: 2048,
  execStack: false,
};

describe("buildStack", () => {
  for (const extra of [0, 1, 2, 3]) {
    it(`lays out arguments, environment and auxiliary vector, RSP aligned (${extra} more arguments)`, () => {
      const t = target();
      const argv = [...REQUEST.argv, ...Array.from({ length: extra }, (_, i) => `x${i}`)];
      const s = buildStack({ ...REQUEST, argv }, t);
      if (typeof s === "number") throw new Error(`${s}`);
      expect(s.rsp % 16).toBe(0);
      const { user } = t;
      let at = s.rsp;
      const next = (): number => {
        at += 8;
        return user.u64(at - 8);
      };
      const strings = (): string[] => {
        const out: string[] = [];
        for (let p = next(); p; p = next()) out.push(user.cstring(p) ?? "");
        return out;
      };
      expect(next()).toBe(argv.length);
      expect(strings()).toEqual(argv);
      expect(strings()).toEqual(REQUEST.envp);
      const aux = new Map<number, number>();
      for (let type = next(); type !== AT_NULL; type = next()) aux.set(type, next());
      expect(user.cstring(aux.get(AT_EXECFN) ?? 0)).toBe("./prog");
      expect(user.cstring(aux.get(AT_PLATFORM) ?? 0)).toBe("x86_64");
      expect(user.readBytes(aux.get(AT_RANDOM) ?? 0, 16)).toEqual(REQUEST.random);
      expect(s.argEnd - s.argStart).toBe(argv.reduce((n, a) => n + a.length + 1, 0));
      expect(s.envStart).toBe(s.argEnd);
    });
  }
});

describe("checkArguments", () => {
  it("limits one string, and all of them to a quarter of the stack", () => {
    expect(checkArguments(["x".repeat(131071)], [], 8 << 20)).toBe(0);
    expect(checkArguments(["x".repeat(131072)], [], 8 << 20)).toBe(-E2BIG);
    const many = new Array(20).fill("x".repeat(100000));
    expect(checkArguments(many, [], 8 << 20)).toBe(0);
    expect(checkArguments(many, [], 1 << 20)).toBe(-E2BIG);
  });
});
