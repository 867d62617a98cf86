import { describe, expect, it } from "vitest";
import { ENOEXEC } from "../abi/errno.ts";
import { apeElfHeader, isApe } from "./ape.ts";
import { isScript, parseScript } from "./script.ts";

const bytes = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));

describe("scripts", () => {
  it("reads interpreter and the one argument", () => {
    expect(parseScript(bytes("#!/bin/sh\necho"))).toEqual({ interpreter: "/bin/sh", argument: undefined });
    expect(parseScript(bytes("#! \t/usr/bin/env  python3 -u \nx"))).toEqual({
      interpreter: "/usr/bin/env",
      argument: "python3 -u",
    });
    expect(parseScript(bytes("#!/bin/sh"))).toEqual({ interpreter: "/bin/sh", argument: undefined });
  });
  it("refuses lines without a whole interpreter name", () => {
    expect(parseScript(bytes("#!\n/bin/sh"))).toBe(-ENOEXEC);
    expect(parseScript(bytes(`#!/${"x".repeat(300)}\n`))).toBe(-ENOEXEC);
    expect(parseScript(bytes(`#!/bin/sh ${"x".repeat(300)}\n`))).toMatchObject({ interpreter: "/bin/sh" });
    expect(isScript(bytes("#?"))).toBe(false);
  });
});

describe("Actually Portable Executables", () => {
  const octal = (header: number[]): string => header.map((b) => `\\${b.toString(8).padStart(3, "0")}`).join("");
  const header = (machine: number): number[] => {
    const h = new Array(64).fill(0);
    h.splice(0, 4, 0x7f, 0x45, 0x4c, 0x46);
    h[18] = machine;
    return h;
  };
  it("finds the x86-64 header among several", () => {
    const text = `MZqFpD='\n\n' && printf '${octal(header(183))}' >&7; printf '${octal(header(62))}' >&8`;
    expect(isApe(bytes(text))).toBe(true);
    expect(apeElfHeader(bytes(text))).toEqual(Uint8Array.from(header(62)));
  });
  it("knows short escapes and letters", () => {
    const h = header(62);
    h[20] = 1;
    h[24] = 0x41;
    h[25] = 10;
    const text = `jartsr='' printf '\\177ELF${octal(h.slice(4, 20))}\\1${octal(h.slice(21, 24))}A\\n${octal(h.slice(26))}'`;
    expect(apeElfHeader(bytes(text))).toEqual(Uint8Array.from(h));
  });
  it("finds nothing in other text", () => {
    expect(apeElfHeader(bytes("jartsr='' printf '\\177EL"))).toBeUndefined();
    expect(isApe(bytes("MZ"))).toBe(false);
  });
});
