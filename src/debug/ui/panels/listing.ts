/** Lines of disassembly: instructions with their labels and lines of source. */
import { disassemble } from "../../../decode/text.ts";
import type { Insn, MemOperand } from "../../../isa/types.ts";
import { BASE_RIP } from "../../../isa/types.ts";
import { insnAt, type Look, nameOf } from "../look.ts";
import { baseName, nameText } from "../symbols.ts";

export type ListingLine =
  | { kind: "label"; address: number; text: string }
  | { kind: "source"; address: number; text: string }
  | { kind: "insn"; address: number; length: number; text: string; bytes: Uint8Array; target?: number; note?: string };

/** How far before an address to look for where instructions begin, if no symbol tells. */
const BACK = 64;
/** A function that begins further away is not decoded from there. */
const FAR = 0x4000;

/** Where a direct branch goes. */
export function branchTarget(insn: Insn, address: number): number | undefined {
  const rel = insn.operands.find((o) => o.kind === "rel");
  return rel?.kind === "rel" ? address + insn.length + rel.disp : undefined;
}

/** What an operand relative to RIP means. */
function referenced(insn: Insn, address: number): number | undefined {
  const m = insn.operands.find((o): o is MemOperand => o.kind === "mem" && o.base === BASE_RIP);
  return m && address + insn.length + m.dispLo;
}

function insnLine(look: Look, address: number): ListingLine & { kind: "insn" } {
  const insn = insnAt(look, address);
  if (!insn) {
    const bytes = look.read(address, 1);
    const text = bytes.length === 0 ? "(no memory)" : `db 0x${bytes[0].toString(16).padStart(2, "0")}`;
    return { kind: "insn", address, length: 1, text, bytes };
  }
  const target = branchTarget(insn, address);
  const far = target ?? referenced(insn, address);
  const note = far === undefined ? undefined : target === undefined ? nameOf(look, far) : symbolOf(look, far);
  const text = disassemble(insn, BigInt(address));
  return { kind: "insn", address, length: insn.length, text, bytes: look.read(address, insn.length), target, note };
}

/** Targets of branches get a symbol's name only: an address says as much as a file with an offset. */
function symbolOf(look: Look, address: number): string | undefined {
  const symbol = look.symbolAt(address);
  return symbol && nameText(symbol);
}

/** Lines from an address on, until there are `height`. */
export function listingFrom(look: Look, start: number, height: number): ListingLine[] {
  const lines: ListingLine[] = [];
  let source = "";
  for (let at = start; lines.length < height; ) {
    const symbol = look.symbolAt(at);
    if (symbol?.offset === 0) lines.push({ kind: "label", address: at, text: `${symbol.name}:` });
    const place = look.lineAt(at);
    const text = place ? `${baseName(place.file)}:${place.line}` : source;
    if (text !== source) {
      const shown = place && look.sourceText(place);
      lines.push({ kind: "source", address: at, text: shown ? `${text}  ${shown}` : text });
    }
    source = text;
    const line = insnLine(look, at);
    lines.push(line);
    at += line.length;
  }
  return lines.slice(0, height);
}

/** Addresses of the instructions decoded one after another from `start` up to `end`, if one of them ends exactly there. */
function chain(look: Look, start: number, end: number): number[] | undefined {
  const starts: number[] = [];
  let at = start;
  while (at < end) {
    const insn = insnAt(look, at);
    if (!insn) return undefined;
    starts.push(at);
    at += insn.length;
  }
  return at === end ? starts : undefined;
}

/** The address `count` instructions before this one, or as many as can be told. */
export function instructionsBack(look: Look, address: number, count: number): number {
  const symbol = look.symbolAt(address);
  const begin = symbol && symbol.offset > 0 && symbol.offset < FAR ? address - symbol.offset : undefined;
  let starts = begin === undefined ? undefined : chain(look, begin, address);
  // Decoding falls into step soon wherever it begins, so the farthest start that ends here is most likely right.
  for (let back = BACK; !starts && back > 0; back--) starts = chain(look, address - back, address);
  const all = starts ?? [];
  return all.length > 0 ? all[Math.max(0, all.length - count)] : address;
}
