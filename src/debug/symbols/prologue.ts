/**
 * Where a function's frame lies, read from its code: for functions that say nothing of their frames in .eh_frame, as
 * those of musl and much assembly. From the function's beginning all ways are followed, and what each instruction does to
 * the stack pointer and the frame pointer is kept, until the wanted one comes.
 */
import { decode } from "../../decode/decode.ts";
import { type Insn, type MemOperand, NO_REG, type Operand } from "../../isa/types.ts";

/** Offsets count down from the CFA, the stack pointer before the call. */
export interface Established {
  /** How far below the CFA they point; undefined: unknown, or not a frame pointer. */
  rsp: number | undefined;
  rbp: number | undefined;
  /** Where callers' registers were saved, by their numbers. */
  saved: ReadonlyMap<number, number>;
}

const RSP = 4;
const RBP = 5;
const CALLEE_SAVED = new Set([3, RBP, 12, 13, 14, 15]);
const WORD = 8;
const MOST_INSNS = 10_000;
/** Bytes of one function. */
const REACH = 1 << 17;
const LONGEST = 15;

const ENTRY: Established = { rsp: WORD, rbp: undefined, saved: new Map() };

/**
 * The frame before the instruction that holds an address. `code`: bytes from an address on, fewer where they end.
 * Undefined if no way leads there from the function's `start`.
 */
export function establishedAt(
  code: (address: number, length: number) => Uint8Array,
  start: number,
  wanted: number,
): Established | undefined {
  if (wanted < start || wanted - start > REACH) return undefined;
  const bytes = code(start, REACH);
  const seen = new Set<number>();
  // Behind computed jumps the code often goes on as before them: tried last.
  const [ways, guesses]: [number, Established][][] = [[[start, ENTRY]], []];
  for (let left = MOST_INSNS; left > 0; ) {
    const way = ways.pop() ?? guesses.pop();
    if (!way) return undefined;
    let [at, frame] = way;
    for (; left > 0 && !seen.has(at); left--) {
      seen.add(at);
      const from = at - start;
      const insn = from >= 0 && decode(bytes, from, Math.min(bytes.length, from + LONGEST), 64);
      if (!insn || typeof insn === "string") break;
      const next = at + insn.length;
      if (wanted >= at && wanted < next) return frame;
      frame = after(insn, frame);
      const [target] = insn.operands;
      const { mnemonic } = insn.row;
      if (ENDS.has(mnemonic)) break;
      if (mnemonic === "JMP") {
        if (target?.kind !== "rel") {
          guesses.push([next, frame]);
          break;
        }
        at = next + target.disp;
        continue;
      }
      if (target?.kind === "rel" && mnemonic !== "CALL") ways.push([next + target.disp, frame]);
      at = next;
    }
  }
  return undefined;
}

const ENDS = new Set(["RET", "UD2", "HLT", "IRET", "IRETQ", "SYSRET"]);

/** The frame behind an instruction. */
function after(insn: Insn, frame: Established): Established {
  const { mnemonic } = insn.row;
  const [to, from] = insn.operands;
  switch (mnemonic) {
    case "PUSH":
      return pushed(frame, to);
    case "PUSHFQ":
      return moved(frame, WORD);
    case "POPFQ":
      return moved(frame, -WORD);
    case "POP":
      return popped(frame, to);
    case "LEAVE":
      return { ...frame, rsp: less(frame.rbp, WORD), rbp: undefined };
    case "CALL":
      return frame;
    default:
  }
  if (isReg(to, RSP)) return { ...frame, rsp: stackPointer(mnemonic, from, frame) };
  if (isReg(to, RBP) && insn.row.operands[0]?.access.includes("w"))
    return { ...frame, rbp: pointer(mnemonic, from, frame) };
  return frame;
}

function pushed(frame: Established, of: Operand | undefined): Established {
  const at = frame.rsp === undefined ? undefined : frame.rsp + WORD;
  const register = of?.kind === "reg" ? of.num : -1;
  if (at === undefined || !CALLEE_SAVED.has(register) || frame.saved.has(register)) return { ...frame, rsp: at };
  return { ...frame, rsp: at, saved: new Map([...frame.saved, [register, at]]) };
}
function popped(frame: Established, of: Operand | undefined): Established {
  const register = of?.kind === "reg" ? of.num : -1;
  const saved = new Map(frame.saved);
  if (saved.get(register) === frame.rsp) saved.delete(register);
  return { rsp: less(frame.rsp, WORD), rbp: register === RBP ? undefined : frame.rbp, saved };
}
function moved(frame: Established, by: number): Established {
  return { ...frame, rsp: less(frame.rsp, -by) };
}

/** What RSP is behind an instruction whose first operand it is. */
function stackPointer(mnemonic: string, from: Operand | undefined, { rsp, rbp }: Established): number | undefined {
  if (mnemonic === "CMP" || mnemonic === "TEST") return rsp;
  if (from?.kind === "imm" && (mnemonic === "SUB" || mnemonic === "ADD"))
    return less(rsp, mnemonic === "SUB" ? -from.lo : from.lo);
  return pointer(mnemonic, from, { rsp, rbp });
}
/** MOV and LEA of one of the two. */
function pointer(
  mnemonic: string,
  from: Operand | undefined,
  { rsp, rbp }: Pick<Established, "rsp" | "rbp">,
): number | undefined {
  if (mnemonic === "MOV") return isReg(from, RSP) ? rsp : isReg(from, RBP) ? rbp : undefined;
  if (mnemonic !== "LEA" || from?.kind !== "mem" || from.index !== NO_REG) return undefined;
  const base = from.base === RSP ? rsp : from.base === RBP ? rbp : undefined;
  return less(base, displacement(from));
}
const displacement = ({ dispLo }: MemOperand): number => dispLo | 0;

/** Only all 64 bits of it. */
function isReg(operand: Operand | undefined, num: number): boolean {
  return operand?.kind === "reg" && operand.cls === "gp64" && operand.num === num;
}
const less = (n: number | undefined, by: number): number | undefined => (n === undefined ? undefined : n - by);
