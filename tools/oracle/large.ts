/**
 * Larger programs in the shapes that compilers make: functions with frames on the stack and registers saved there, that call
 * each other straight, through a register and through memory; loops that count in memory; jump tables; early returns.
 */
import type { Builder } from "./builder.ts";
import * as T from "./layout.ts";
import { G, le32, type MakeOne, type Program, ProgramMaker } from "./program.ts";
import type { Random } from "./random.ts";

/** Room that functions need when nothing more goes into them. */
const END = 1200;
const [RAX, RCX, RDX, RSI, RDI, R8, R9, R10] = [0, 1, 2, 6, 7, 8, 9, 10];
/** Registers that hold no address. */
const SCRATCH = [RAX, RCX, RDX, RSI, RDI, R8, R9, R10];
const SAVED = [3, 5, 12, 13, 14];

/** A REX prefix with W, for `reg` in ModRM.reg and `rm` in ModRM.rm. */
const rexW = (reg: number, rm: number): number => 0x48 | ((reg >> 3) << 2) | (rm >> 3);

export class LargeMaker extends ProgramMaker {
  /** Where functions begin. */
  readonly entries: number[] = [];
  private targets: { fix: number; to: number }[] = [];
  constructor(b: Builder, r: Random, one: MakeOne) {
    super(b, r, one, T.T_CODE_MAX - END);
  }
  override make(rounds: number): Program {
    const { b, r } = this;
    const functions = 3 + r.below(6);
    b.append([0x41, 0xbf, ...le32(1 + r.below(rounds))]); // MOV R15D, rounds
    const top = b.codeLength;
    for (let n = 1 + r.below(2); n > 0; n--) {
      this.plain();
      this.callTo(r.below(functions));
    }
    b.append([0x49, 0xff, 0xcf, 0x0f, 0x80 | G]); // DEC R15; JG
    b.append(le32(top - b.codeLength - 4));
    b.append([0xe9, 0, 0, 0, 0]);
    const out = b.codeLength;
    for (let i = 0; i < functions; i++) this.function(i, functions);
    b.amend(out - 4, le32(b.codeLength - out));
    for (const { fix, to } of this.targets) b.amend(fix, le32(this.entries[to] - fix - 4));
    return { rows: this.rows, everUndefined: this.everUndefined, modifies: false };
  }
  /** Straight, through a register, or through a pointer on the stack. */
  private callTo(to: number): void {
    const { b, r } = this;
    const kind = r.below(4);
    if (kind > 1) b.append([0xe8, 0, 0, 0, 0]);
    else this.leaRip(RAX);
    this.targets.push({ fix: b.codeLength - 4, to });
    if (kind === 0) b.append([0xff, 0xd0]); // CALL RAX
    if (kind === 1) b.append([0x50, 0xff, 0x14, 0x24, 0x48, 0x8d, 0x64, 0x24, 0x08]); // PUSH RAX; CALL [RSP]; LEA RSP, [RSP+8]
  }
  private function(i: number, functions: number): void {
    const { b, r } = this;
    this.entries[i] = b.codeLength;
    const saved = SAVED.filter(() => r.one(3));
    for (const n of saved) b.append(n > 7 ? [0x41, 0x50 | (n & 7)] : [0x50 | n]);
    const slots = 2 + r.below(6);
    b.append([0x48, 0x83, 0xec, slots * 8]); // SUB RSP, frame
    const leave = (): void => {
      b.append([0x48, 0x83, 0xc4, slots * 8]);
      for (const n of [...saved].reverse()) b.append(n > 7 ? [0x41, 0x58 | (n & 7)] : [0x58 | n]);
      b.append([0xc3]);
    };
    for (let n = slots - 1; n > 0; n--) this.slot(0x89, n); // MOV [RSP+slot], reg: no slot is read unwritten
    const loops = r.one(2);
    if (loops) b.append([0xc7, 0x04, 0x24, ...le32(1 + r.below(3))]); // MOV dword [RSP], rounds
    const top = b.codeLength;
    for (let n = 2 + r.below(5); n > 0 && this.room; n--) this.item(i, functions, slots, loops, leave);
    if (loops) {
      b.append([0xff, 0x0c, 0x24, 0x0f, 0x85]); // DEC dword [RSP]; JNZ
      b.append(le32(top - b.codeLength - 4));
    }
    leave();
  }
  private item(i: number, functions: number, slots: number, loops: boolean, leave: () => void): void {
    const { b, r } = this;
    const kind = r.below(12);
    if (kind < 2) this.skip();
    else if (kind < 6) this.slot(r.pick([0x89, 0x8b, 0x03, 0x2b, 0x13, 0x3b, 0x01]), 1 + r.below(slots - 1));
    else if (kind === 6) this.table();
    else if (kind === 7 && r.one(2)) {
      // An early return.
      b.append([0x0f, 0x80 | r.below(16), 0, 0, 0, 0]);
      const from = b.codeLength;
      leave();
      b.amend(from - 4, le32(b.codeLength - from));
    } else if (kind < 10 && i + 1 < functions && (!loops || r.one(6))) {
      this.callTo(i + 1 + r.below(functions - i - 1));
    } else this.plain();
  }
  /** An operation between a register and a slot of the frame. */
  private slot(opcode: number, n: number): void {
    const reg = this.r.pick(SCRATCH);
    this.b.append([rexW(reg, 0), opcode, 0x44 | ((reg & 7) << 3), 0x24, n * 8]);
  }
  /** A jump through a table of four distances. */
  private table(): void {
    const { b, r } = this;
    const index = r.pick([RCX, RDX]);
    b.append([0x83, 0xe0 | index, 0x03]); // AND index, 3
    const lea = this.leaRip(RAX);
    b.append([0x48, 0x63, 0x34, 0x80 | (index << 3)]); // MOVSXD RSI, [RAX + index * 4]
    b.append([0x48, 0x01, 0xc6, 0xff, 0xe6]); // ADD RSI, RAX; JMP RSI
    const at = b.codeLength;
    b.amend(lea, le32(at - lea - 4));
    for (let k = 0; k < 4; k++) b.append(le32(0));
    const ends: number[] = [];
    for (let k = 0; k < 4; k++) {
      b.amend(at + 4 * k, le32(b.codeLength - at));
      this.plain();
      b.append([0xe9, 0, 0, 0, 0]);
      ends.push(b.codeLength);
    }
    for (const end of ends) b.amend(end - 4, le32(b.codeLength - end));
  }
}
