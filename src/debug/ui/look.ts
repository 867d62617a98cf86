/** What panels see of the machine at one moment: one thread, its memory, and how its registers were before. */
import { decode } from "../../decode/decode.ts";
import type { Insn } from "../../isa/types.ts";
import type { Registers } from "../../kernel/registers.ts";
import type { Task } from "../../kernel/task.ts";
import { EXEC, READ, WRITE } from "../../mmu/access.ts";
import type { SourceText } from "../symbols/source-text.ts";
import type { Debuggee } from "../types.ts";
import { baseName, type Frame, nameText, type SourceLine, type SymbolName, type SymbolSource } from "./symbols.ts";

export interface Mapping {
  start: number;
  end: number;
  /** As in /proc/PID/maps: "rwxp". */
  access: string;
  name: string;
}

export interface Look {
  readonly regs: Registers;
  /** At the last stop or frame. */
  readonly before: Registers;
  readonly mappings: readonly Mapping[];
  readonly frames: readonly Frame[];
  readonly breakpoints: ReadonlySet<number>;
  /** Bytes that can be read, up to the first that can't. */
  read(address: number, length: number): Uint8Array;
  symbolAt(address: number): SymbolName | undefined;
  lineAt(address: number): SourceLine | undefined;
  /** What the source has there. */
  sourceText(line: SourceLine): string | undefined;
}

export interface Sources {
  symbols: SymbolSource | undefined;
  source: SourceText | undefined;
}

const NO_FRAMES: readonly Frame[] = [];

/** A value that is made when it is first asked for. */
function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** The thread as it is now: not to be used any more when it has run. */
export function lookAt(debuggee: Debuggee, task: Task, before: Registers, { symbols, source }: Sources): Look {
  const mappings = lazy(() => mappingsOf(task));
  const frames = lazy(() => symbols?.frames(task) ?? NO_FRAMES);
  return {
    regs: task.regs,
    before,
    breakpoints: debuggee.breakpoints,
    get mappings() {
      return mappings();
    },
    get frames() {
      return frames();
    },
    read: (address, length) => readable(debuggee, task, address, length),
    symbolAt: (address) => symbols?.nameAt(task, address),
    lineAt: (address) => symbols?.lineAt(task, address),
    sourceText: ({ file, line }) => source?.(file, line),
  };
}

function mappingsOf(task: Task): Mapping[] {
  const letter = (on: number, l: string): string => (on ? l : "-");
  return task.mm.vmas.list.map(({ start, end, prot, shared, source, name }) => ({
    start,
    end,
    access: letter(prot & READ, "r") + letter(prot & WRITE, "w") + letter(prot & EXEC, "x") + (shared ? "s" : "p"),
    name: source?.describe() ?? name,
  }));
}

/** End of what a guest can address, and so of what panels show. */
const END = 2 ** 47;

function readable(debuggee: Debuggee, task: Task, address: number, length: number): Uint8Array {
  if (address < 0 || address >= END || length <= 0) return new Uint8Array(0);
  return debuggee.readMemory(task, address, Math.min(length, END - address));
}

/** The name for an address: a symbol's, else the mapping's file with an offset; undefined for plain memory. */
export function nameOf(look: Look, address: number): string | undefined {
  const symbol = look.symbolAt(address);
  if (symbol) return nameText(symbol);
  const mapping = look.mappings.find((m) => address >= m.start && address < m.end);
  return mapping?.name ? `${baseName(mapping.name)}+0x${(address - mapping.start).toString(16)}` : undefined;
}

const LONGEST_INSN = 15;

/** The instruction at an address, or why there is none. */
export function insnAt(look: Look, address: number): Insn | undefined {
  const bytes = look.read(address, LONGEST_INSN);
  const insn = decode(bytes, 0, bytes.length, 64);
  return typeof insn === "string" ? undefined : insn;
}
