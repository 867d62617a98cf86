/** Runs the instructions of a frame description up to an address: the rules for the caller's registers. DWARF 5, section 6.4.2. */
import type { CallFrames, Fde } from "./call-frames.ts";
import { BadFile, Reader } from "./reader.ts";

/** Where a register of the caller is. `at`, `to`: range of an expression in the section. */
export type Rule =
  | { kind: "same" }
  | { kind: "undefined" }
  /** In memory at CFA + offset, or CFA + offset itself. */
  | { kind: "offset" | "value"; offset: number }
  | { kind: "register"; register: number }
  /** The expression gives an address, or the value itself. */
  | { kind: "expression" | "value expression"; at: number; to: number };

export type CfaRule = { register: number; offset: number } | { at: number; to: number };

export interface Row {
  cfa: CfaRule;
  /** By DWARF numbers: registers without a rule are the same. */
  rules: Map<number, Rule>;
}

const copy = (row: Row): Row => ({ cfa: { ...row.cfa }, rules: new Map(row.rules) });

/** remember_state nests as deep as scopes do. */
const DEEPEST = 64;

class Runner {
  row: Row = { cfa: { register: 7, offset: 8 }, rules: new Map() };
  initial: Row = this.row;
  private readonly stack: Row[] = [];
  private location: number;

  constructor(
    private readonly fde: Fde,
    private readonly target: number,
  ) {
    this.location = fde.start;
  }
  run(r: Reader): void {
    while (!r.done && this.location <= this.target) this.instruction(r);
  }
  /** Rows hold from their location on: one behind the target is not taken. */
  private advance(n: number): void {
    this.location += n * this.fde.cie.codeAlign;
  }
  private instruction(r: Reader): void {
    const op = r.u8();
    const low = op & 63;
    if (op >> 6 === 1) this.advance(low);
    else if (op >> 6 === 2) this.set(low, { kind: "offset", offset: r.uleb() * this.fde.cie.dataAlign });
    else if (op >> 6 === 3) this.restore(low);
    else this.extended(op, r);
  }
  private set(register: number, rule: Rule): void {
    this.row.rules.set(register, rule);
  }
  private restore(register: number): void {
    const rule = this.initial.rules.get(register);
    if (rule) this.row.rules.set(register, rule);
    else this.row.rules.delete(register);
  }
  private cfaRegister(register: number): void {
    this.row.cfa = { register, offset: "offset" in this.row.cfa ? this.row.cfa.offset : 0 };
  }
  private cfaOffset(offset: number): void {
    if (!("register" in this.row.cfa)) throw new BadFile("offset of an expression");
    this.row.cfa = { register: this.row.cfa.register, offset };
  }
  private expression(r: Reader): { at: number; to: number } {
    const part = r.part(r.uleb());
    return { at: part.at, to: part.end };
  }
  private extended(op: number, r: Reader): void {
    const { dataAlign } = this.fde.cie;
    switch (op) {
      case 0x00: // nop
        break;
      case 0x01: // set_loc: not written for x86-64
        throw new BadFile("set_loc");
      case 0x02: // advance_loc1, 2, 4
        this.advance(r.u8());
        break;
      case 0x03:
        this.advance(r.u16());
        break;
      case 0x04:
        this.advance(r.u32());
        break;
      case 0x05: // offset_extended
        this.set(r.uleb(), { kind: "offset", offset: r.uleb() * dataAlign });
        break;
      case 0x06: // restore_extended
        this.restore(r.uleb());
        break;
      case 0x07:
        this.set(r.uleb(), { kind: "undefined" });
        break;
      case 0x08: // same_value
        this.set(r.uleb(), { kind: "same" });
        break;
      case 0x09:
        this.set(r.uleb(), { kind: "register", register: r.uleb() });
        break;
      case 0x0a: // remember_state
        if (this.stack.length >= DEEPEST) throw new BadFile("states too deep");
        this.stack.push(copy(this.row));
        break;
      case 0x0b: // restore_state
        this.row = this.stack.pop() ?? this.row;
        break;
      case 0x0c: // def_cfa
        this.row.cfa = { register: r.uleb(), offset: r.uleb() };
        break;
      case 0x0d:
        this.cfaRegister(r.uleb());
        break;
      case 0x0e:
        this.cfaOffset(r.uleb());
        break;
      case 0x0f: // def_cfa_expression
        this.row.cfa = this.expression(r);
        break;
      case 0x10:
        this.set(r.uleb(), { kind: "expression", ...this.expression(r) });
        break;
      case 0x11: // offset_extended_sf
        this.set(r.uleb(), { kind: "offset", offset: r.sleb() * dataAlign });
        break;
      case 0x12: // def_cfa_sf
        this.row.cfa = { register: r.uleb(), offset: r.sleb() * dataAlign };
        break;
      case 0x13: // def_cfa_offset_sf
        this.cfaOffset(r.sleb() * dataAlign);
        break;
      case 0x14: // val_offset
        this.set(r.uleb(), { kind: "value", offset: r.uleb() * dataAlign });
        break;
      case 0x15:
        this.set(r.uleb(), { kind: "value", offset: r.sleb() * dataAlign });
        break;
      case 0x16: // val_expression
        this.set(r.uleb(), { kind: "value expression", ...this.expression(r) });
        break;
      case 0x2e: // GNU_args_size
        r.uleb();
        break;
      default:
        throw new BadFile(`call frame instruction ${op}`);
    }
  }
}

/** The rules that hold at an address of the function. Throws BadFile. */
export function rowAt(frames: CallFrames, fde: Fde, address: number): Row {
  const runner = new Runner(fde, address);
  runner.run(new Reader(frames.bytes, fde.cie.from, fde.cie.to));
  runner.initial = copy(runner.row);
  runner.run(new Reader(frames.bytes, fde.from, fde.to));
  return runner.row;
}
