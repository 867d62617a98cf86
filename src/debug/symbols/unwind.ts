/**
 * Backtraces: by .eh_frame where a function has an entry, else by what its code does, else by the frame pointer. Frames that signals made are
 * recognized by the entry of the C library's restorer, or by its instructions.
 */
import * as U from "../../abi/ucontext.ts";
import type { Task } from "../../kernel/task.ts";
import { EXEC } from "../../mmu/access.ts";
import { peek, peekWord } from "../memory.ts";
import type { Fde } from "./call-frames.ts";
import { type Rule, rowAt } from "./cfa-program.ts";
import { type Context, evaluate } from "./expression.ts";
import type { MappedObject } from "./objects.ts";
import { establishedAt } from "./prologue.ts";
import { BadFile, unlessBad } from "./reader.ts";

/** The general registers' encodings by their DWARF numbers (psABI, figure 3.36). */
const DWARF_GPRS = [0, 2, 1, 3, 6, 7, 5, 4, 8, 9, 10, 11, 12, 13, 14, 15];
const DWARF_RBP = 6;
const DWARF_RSP = 7;
const RETURN = 16;

/** Registers by DWARF numbers, the address of execution last; undefined: lost. */
export type Registers = (bigint | undefined)[];

export interface RawFrame {
  pc: number;
  /** The stack pointer before the call; where it is not known, the stack pointer. */
  cfa: number;
  /** `pc` is where the frame goes on after a call, so the call stands before it. */
  afterCall: boolean;
  /** The restorer, to which a signal's handler returns. */
  signal: boolean;
}

const number = (v: bigint): number => Number(BigInt.asUintN(64, v));

export function registersOf(task: Task): Registers {
  return [...DWARF_GPRS.map((r) => task.regs.gpr(r)), task.regs.rip];
}

/** Calls `visit` for each frame, innermost first, at most `most` times. */
export function unwind(
  task: Task,
  most: number,
  objectAt: (address: number) => MappedObject | undefined,
  visit: (frame: RawFrame) => void,
): void {
  let registers = registersOf(task);
  let afterCall = false;
  let before = -1;
  for (let n = 0; n < most; n++) {
    const pc = number(registers[RETURN] ?? 0n);
    const step = stepOut(task, registers, pc, afterCall, n === 0, objectAt);
    visit({ pc, cfa: step?.cfa ?? number(registers[DWARF_RSP] ?? 0n), afterCall, signal: step?.signal ?? false });
    // The stack of callers lies above; only a signal may have switched to another one.
    if (!step || (!step.signal && step.cfa <= before) || !step.registers[RETURN]) return;
    before = step.signal ? -1 : step.cfa;
    registers = step.registers;
    afterCall = !step.signal;
  }
}

interface Step {
  cfa: number;
  registers: Registers;
  signal: boolean;
}

function stepOut(
  task: Task,
  registers: Registers,
  pc: number,
  afterCall: boolean,
  innermost: boolean,
  objectAt: (address: number) => MappedObject | undefined,
): Step | undefined {
  const at = afterCall ? pc - 1 : pc;
  const object = objectAt(at);
  const frames = object?.file.callFrames;
  const fde = object && frames?.find(at - object.bias);
  if (object && frames && fde) return unlessBad(() => byRules(task, registers, at - object.bias, frames, fde));
  if (restores(task, pc)) return signalFrame(task, registers);
  // The restorer's address is where it will go on, not behind a call.
  if (innermost && !executable(task, pc)) return wildCall(task, registers);
  return (object && byPrologue(task, registers, at, object)) ?? byFramePointer(task, registers);
}

/** By what the function's code did to the stack. */
function byPrologue(task: Task, registers: Registers, at: number, { file, bias }: MappedObject): Step | undefined {
  const symbol = file.symbols.at(at - bias);
  if (!symbol) return undefined;
  const code = (address: number, length: number): Uint8Array => peek(task.mm, address, length);
  const frame = file.frameAt(at - bias, () => establishedAt(code, symbol.address + bias, at));
  if (!frame) return undefined;
  const [register, below] = frame.rsp === undefined ? [DWARF_RBP, frame.rbp] : [DWARF_RSP, frame.rsp];
  const value = registers[register];
  if (below === undefined || value === undefined) return undefined;
  const cfa = number(value) + below;
  const back = peekWord(task.mm, cfa - 8);
  if (back === undefined || !executable(task, number(back))) return undefined;
  const out = [...registers];
  for (const [gpr, offset] of frame.saved) out[DWARF_GPRS.indexOf(gpr)] = peekWord(task.mm, cfa - offset);
  out[DWARF_RSP] = BigInt(cfa);
  out[RETURN] = back;
  return { cfa, registers: out, signal: false };
}

function byRules(
  task: Task,
  registers: Registers,
  address: number,
  frames: NonNullable<MappedObject["file"]["callFrames"]>,
  fde: Fde,
): Step {
  const row = rowAt(frames, fde, address);
  const context: Context = {
    register: (n) => registers[n] ?? lost(),
    memory: (at, size) => word(task, at, size),
  };
  const cfa = BigInt.asUintN(
    64,
    "at" in row.cfa
      ? evaluate(frames.bytes, row.cfa.at, row.cfa.to, context, [])
      : (registers[row.cfa.register] ?? lost()) + BigInt(row.cfa.offset),
  );
  const value = (rule: Rule, n: number): bigint | undefined => {
    switch (rule.kind) {
      case "same":
        return registers[n];
      case "undefined":
        return undefined;
      case "offset":
        return word(task, cfa + BigInt(rule.offset), 8);
      case "value":
        return cfa + BigInt(rule.offset);
      case "register":
        return registers[rule.register];
      case "expression":
        return word(task, evaluate(frames.bytes, rule.at, rule.to, context, [cfa]), 8);
      case "value expression":
        return evaluate(frames.bytes, rule.at, rule.to, context, [cfa]);
    }
  };
  const out = [...registers];
  out[DWARF_RSP] = cfa;
  // Without a rule the return address is unknown: the outermost frame.
  out[RETURN] = undefined;
  for (const [n, rule] of row.rules) {
    const to = n === fde.cie.returnColumn ? RETURN : n;
    if (to <= RETURN) out[to] = value(rule, n);
  }
  return { cfa: number(cfa), registers: out, signal: fde.cie.signal };
}

function lost(): never {
  throw new BadFile("register unknown");
}

function word(task: Task, address: bigint, size: number): bigint {
  const bytes = peek(task.mm, number(address), size);
  if (bytes.length < size) throw new BadFile("no memory");
  return bytes.reduceRight((v, b) => (v << 8n) | BigInt(b), 0n);
}

/** `mov rax, 15; syscall`: rt_sigreturn(2). */
const RESTORER = [0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05];
const SHORT_RESTORER = [0xb8, 15, 0, 0, 0, 0x0f, 0x05];

function restores(task: Task, pc: number): boolean {
  const bytes = peek(task.mm, pc, RESTORER.length);
  return [RESTORER, SHORT_RESTORER].some((code) => code.every((b, i) => bytes[i] === b));
}

/** At the restorer's first instruction RSP points at the ucontext of the frame, see kernel/sigframe.ts. */
function signalFrame(task: Task, registers: Registers): Step | undefined {
  const sp = number(registers[DWARF_RSP] ?? 0n);
  const uc = peek(task.mm, sp, U.UCONTEXT_SIZE);
  if (uc.length < U.UCONTEXT_SIZE) return undefined;
  const v = new DataView(uc.buffer, uc.byteOffset);
  const out: Registers = [];
  U.MC_GPRS.forEach((gpr, i) => {
    out[DWARF_GPRS.indexOf(gpr)] = v.getBigUint64(U.UC_MCONTEXT + i * 8, true);
  });
  out[RETURN] = v.getBigUint64(U.MC_RIP, true);
  return { cfa: number(out[DWARF_RSP] ?? 0n), registers: out, signal: true };
}

function executable(task: Task, pc: number): boolean {
  const v = task.mm.vmas.find(pc);
  return v !== undefined && (v.prot & EXEC) !== 0;
}

/** A jump to nowhere was most often a call: the return address is on top of the stack. */
function wildCall(task: Task, registers: Registers): Step | undefined {
  const sp = number(registers[DWARF_RSP] ?? 0n);
  const back = peekWord(task.mm, sp);
  if (back === undefined || !executable(task, number(back))) return undefined;
  const out = [...registers];
  out[DWARF_RSP] = BigInt(sp + 8);
  out[RETURN] = back;
  return { cfa: sp + 8, registers: out, signal: false };
}

function byFramePointer(task: Task, registers: Registers): Step | undefined {
  const fp = number(registers[DWARF_RBP] ?? 0n);
  if (fp < number(registers[DWARF_RSP] ?? 0n)) return undefined;
  const back = peekWord(task.mm, fp + 8);
  if (back === undefined || !executable(task, number(back))) return undefined;
  const out = [...registers];
  out[DWARF_RBP] = peekWord(task.mm, fp);
  out[DWARF_RSP] = BigInt(fp + 16);
  out[RETURN] = back;
  return { cfa: fp + 16, registers: out, signal: false };
}
