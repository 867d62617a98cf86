/**
 * Trials with what the processor made of them, as text: hosts without the processor or gcc check the engine against
 * silicon all the same. One trial a line, "trial => result"; both name only what isn't usual or changed.
 */
import * as T from "./layout.ts";
import { FIELDS, getField, parseTrial, setField, trialText } from "./line.ts";

const RESULT_FIELDS: readonly { name: string; at: number; bytes: number }[] = [
  { name: "signal", at: T.R_SIGNO, bytes: 4 },
  { name: "si_code", at: T.R_CODE, bytes: 4 },
  { name: "si_addr", at: T.R_ADDR, bytes: 8 },
  { name: "trap", at: T.R_TRAPNO, bytes: 4 },
  { name: "error", at: T.R_ERR, bytes: 4 },
  { name: "rip", at: T.S_RIP, bytes: 8 },
];
/** What a trial that arrives at its end gets: SIGTRAP, SI_KERNEL, #BP. */
const USUAL: Readonly<Record<string, bigint>> = { signal: 5n, si_code: 0x80n, si_addr: 0n, trap: 3n, error: 0n };

function usualRip(trial: T.Trial): bigint {
  const { view: v } = trial;
  return BigInt(T.CODE_AT + v.getUint32(T.S_CODE_AT, true) + v.getUint32(T.S_CODE_LENGTH, true) + 1);
}

export function vectorText(trial: T.Trial, result: Uint8Array): string {
  const parts: string[] = [];
  for (const f of RESULT_FIELDS) {
    const v = getField(result, { ...f, usual: 0n });
    const usual = f.name === "rip" ? usualRip(trial) : USUAL[f.name];
    if (v !== usual) parts.push(`${f.name}=${v.toString(16)}`);
  }
  for (const f of FIELDS) {
    const v = getField(result, f);
    if (v !== getField(trial.bytes, f)) parts.push(`${f.name}=${v.toString(16)}`);
  }
  const view = T.view(result);
  for (let n = view.getUint32(T.R_CHANGES, true), at = T.RESULT_SIZE; n > 0; n--, at += T.CHANGE_SIZE) {
    const word = view.getBigUint64(at + 8, true);
    parts.push(`[${view.getUint32(at, true).toString(16)}]=${word.toString(16)}`);
  }
  return `${trialText(trial)} => ${parts.join(" ")}`;
}

/** Reads a line: the trial, and the result in the runner's layout. */
export function parseVector(line: string): { trial: T.Trial; result: Uint8Array } {
  const [left, right] = line.split(" => ");
  const trial = parseTrial(left as string);
  const words = (right ?? "").split(" ").filter((w) => w !== "");
  const changes = words.filter((w) => w.startsWith("["));
  const result = new Uint8Array(T.RESULT_SIZE + changes.length * T.CHANGE_SIZE);
  result.set(trial.bytes.subarray(0, T.STATE_SIZE));
  const set = (f: { name: string; at: number; bytes: number }, v: bigint): void =>
    setField(result, { ...f, usual: 0n }, v);
  for (const f of RESULT_FIELDS) set(f, f.name === "rip" ? usualRip(trial) : (USUAL[f.name] as bigint));
  for (const word of words) {
    const [name, value] = word.split("=") as [string, string];
    const f = FIELDS.find((x) => x.name === name) ?? RESULT_FIELDS.find((x) => x.name === name);
    if (f) set(f, BigInt(`0x${value}`));
    else if (!name.startsWith("[")) throw new Error(`vector: "${word}"`);
  }
  const view = T.view(result);
  view.setUint32(T.R_CHANGES, changes.length, true);
  view.setUint32(T.R_CHANGES + 4, changes.length * T.CHANGE_SIZE, true);
  changes.forEach((word, i) => {
    const [at, value] = word.slice(1).split("]=") as [string, string];
    const to = T.RESULT_SIZE + i * T.CHANGE_SIZE;
    view.setUint32(to, Number.parseInt(at, 16), true);
    view.setBigUint64(to + 8, BigInt(`0x${value}`), true);
  });
  return { trial, result };
}
