/** "#!" scripts: execve(2), Linux's fs/binfmt_script.c. */
import { ENOEXEC } from "../abi/errno.ts";

/** Linux looks at this much of a file. */
export const HEAD_SIZE = 256;

export interface Script {
  interpreter: string;
  /** All that follows the interpreter, as one argument. */
  argument: string | undefined;
}

export function isScript(head: Uint8Array): boolean {
  return head[0] === 0x23 && head[1] === 0x21;
}

/** The first line. -ENOEXEC when it names no interpreter, or its name may be cut off. */
export function parseScript(head: Uint8Array): Script | number {
  const text = String.fromCharCode(...head.subarray(2, HEAD_SIZE));
  const nul = text.indexOf("\0");
  const visible = nul < 0 ? text : text.slice(0, nul);
  const newline = visible.indexOf("\n");
  const line = (newline < 0 ? visible : visible.slice(0, newline)).replace(/^[ \t]+|[ \t]+$/g, "");
  const complete = newline >= 0 || nul >= 0 || head.length < HEAD_SIZE;
  const space = line.search(/[ \t]/);
  if (line === "" || (space < 0 && !complete)) return -ENOEXEC;
  if (space < 0) return { interpreter: line, argument: undefined };
  return { interpreter: line.slice(0, space), argument: line.slice(space).replace(/^[ \t]+/, "") };
}
