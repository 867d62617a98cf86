/** Names of addresses, as the panels use them; src/debug/symbols gives them. */
import type { Task } from "../../kernel/task.ts";

export interface SymbolName {
  name: string;
  /** Bytes behind the symbol's start. */
  offset: number;
  /** The file that it is in. */
  object: string;
}

export interface SourceLine {
  file: string;
  line: number;
}

export interface Frame {
  pc: number;
  /** The stack pointer before the call that made the frame. */
  cfa: number;
  name?: string;
}

export interface SymbolSource {
  nameAt(task: Task, address: number): SymbolName | undefined;
  addressOf(task: Task, name: string): number | undefined;
  lineAt(task: Task, address: number): SourceLine | undefined;
  /** Innermost first. */
  frames(task: Task): Frame[];
}

/** `main`, `main+0x1c`. */
export function nameText(symbol: SymbolName): string {
  return symbol.offset === 0 ? symbol.name : `${symbol.name}+0x${symbol.offset.toString(16)}`;
}

/** What stands behind the last slash. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
