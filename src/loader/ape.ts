/**
 * Actually Portable Executables (Cosmopolitan): a shell script and Windows program in one, which prints an ELF header
 * over its own beginning when run by a shell. The header stands in its text as printf '...' with octal escapes.
 */
import { EHDR_SIZE, EM_X86_64 } from "../abi/elf.ts";
import { elfMachine, isElf } from "./elf.ts";

const MAGICS = ["MZqFpD='", "jartsr='", "APEDBG='"];
/** The text with the printf is at the beginning. */
export const APE_HEAD = 8192;

export function isApe(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.subarray(0, 8));
  return MAGICS.includes(text);
}

/** The ELF header for x86-64, or undefined if the text has none. */
export function apeElfHeader(head: Uint8Array): Uint8Array | undefined {
  const text = new Array(Math.min(head.length, APE_HEAD));
  for (let i = 0; i < text.length; i++) text[i] = String.fromCharCode(head[i]);
  const source = text.join("");
  for (let at = source.indexOf("printf '"); at >= 0; at = source.indexOf("printf '", at + 1)) {
    const bytes = decode(source, at + 8);
    if (bytes.length >= EHDR_SIZE && isElf(bytes) && elfMachine(bytes) === EM_X86_64) return bytes;
  }
  return undefined;
}

/** The escapes of printf(1) up to the closing quote; at most one ELF header's worth. */
function decode(source: string, from: number): Uint8Array {
  const out: number[] = [];
  let i = from;
  while (i < source.length && source[i] !== "'" && out.length < EHDR_SIZE) {
    if (source[i] !== "\\") {
      out.push(source.charCodeAt(i++));
      continue;
    }
    const octal = /^[0-7]{1,3}/.exec(source.slice(i + 1, i + 4));
    if (octal) {
      out.push(Number.parseInt(octal[0], 8) & 0xff);
      i += 1 + octal[0].length;
    } else {
      out.push(ESCAPES[source[i + 1]] ?? source.charCodeAt(i + 1));
      i += 2;
    }
  }
  return Uint8Array.from(out);
}

const ESCAPES: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };
