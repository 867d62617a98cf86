/** Names of addresses, as the panels use them; src/debug/symbols gives them. */
import type { Task } from "../../kernel/task.ts";
import type { SourceLine, Symbol as Sym, Frame as SymbolFrame, Symbols } from "../symbols/symbols.ts";

export type SymbolName = Sym;
export type { SourceLine };
export type Frame = Omit<SymbolFrame, "at">;

export interface SymbolSource extends Pick<Symbols, "nameAt" | "addressOf" | "addressesOf" | "lineAt"> {
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
