/** A line that is asked for, and what addresses may be written as. */
import { GP64 } from "../../decode/text.ts";
import type { Registers } from "../../kernel/registers.ts";
import type { InputEvent } from "./input.ts";

export interface Prompt {
  question: string;
  text: string;
  /** Returns what is wrong with the answer, if anything. */
  answer: (text: string) => string | undefined;
}

/** Edits; true when the prompt is over. `fail` gets a complaint about the answer. */
export function promptKey(prompt: Prompt, event: InputEvent, fail: (message: string) => void): boolean {
  if (event.kind === "paste") prompt.text += new TextDecoder().decode(event.bytes).replace(/[^ -~]/g, "");
  if (event.kind !== "key") return false;
  const { name } = event;
  if (name === "escape" || name === "ctrl-c" || name === "ctrl-g") return true;
  if (name === "enter") {
    const wrong = prompt.text.trim() === "" ? undefined : prompt.answer(prompt.text.trim());
    if (wrong) fail(wrong);
    return wrong === undefined;
  }
  if (name === "backspace") prompt.text = prompt.text.slice(0, -1);
  else if (name === "ctrl-u") prompt.text = "";
  else if (name === "space") prompt.text += " ";
  else if ([...name].length === 1) prompt.text += name;
  return false;
}

function registerValue(name: string, regs: Registers): number | undefined {
  if (name === "rip") return Number(regs.rip);
  const n = GP64.indexOf(name);
  return n < 0 ? undefined : Number(regs.gpr(n));
}

/**
 * An address: hexadecimal with or without 0x, a register, a symbol, FILE:LINE; each also with "+0x10" or "-8" behind. What looks
 * like hexadecimal may be a symbol's name ("add"): that wins.
 */
export function parseAddress(
  text: string,
  symbol: (name: string) => number | undefined,
  regs: Registers | undefined,
): number | undefined {
  const m = /^(.+?)(?:\s*([+-])\s*(0x[0-9a-f]+|\d+))?$/i.exec(text.trim());
  if (!m) return undefined;
  const base = m[1];
  let at = /^0x[0-9a-f]+$/i.test(base) ? Number(base) : (symbol(base) ?? (regs && registerValue(base, regs)));
  if (at === undefined && /^[0-9a-f]+$/i.test(base)) at = Number.parseInt(base, 16);
  if (at === undefined) return undefined;
  const sum = at + (m[2] === "-" ? -1 : 1) * Number(m[3] ?? 0);
  return sum >= 0 && sum < 2 ** 47 ? sum : undefined;
}
