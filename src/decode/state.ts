import { type Mode, NO_REG } from "../isa/types.ts";

/**
 * The instruction being decoded: the cursor and what prefixes said. One object serves all calls, so that decoding
 * allocates nothing but its result.
 */
export class State {
  bytes: Uint8Array = new Uint8Array(0);
  pos = 0;
  /** No byte from here on may be read. */
  limit = 0;
  /** A byte beyond the limit was asked for. */
  overrun = false;

  mode: Mode = 64;
  addrSize: 16 | 32 | 64 = 64;
  prefix66 = false;
  /** The last of F2, F3. */
  rep: 0 | 0xf2 | 0xf3 = 0;
  lock = false;
  /** Segment override, or NO_REG. */
  seg = NO_REG;
  /** A REX prefix is in force. */
  rex = false;
  w = false;
  /** 8 or 0, to be added to ModRM.reg, SIB.index and ModRM.rm. (EVEX: 16 may be added to r.) */
  r = 0;
  x = 0;
  b = 0;
  vvvv = 0;
  mod = 0;
  reg = 0;
  rm = 0;
  map = 0;
  opcode = 0;
  /** Position behind the opcode. */
  behind = 0;
  /** EVEX. */
  evexB = false;
  z = false;
  aaa = 0;
  /** Bit 4 of vvvv or of a VSIB index. */
  v2 = 0;
  /** Vector length field. */
  length = 0;
  /** 8-bit displacements are shifted left by this. */
  dispShift = 0;

  start(bytes: Uint8Array, at: number, limit: number, mode: Mode): void {
    this.bytes = bytes;
    this.pos = at;
    this.limit = limit;
    this.overrun = false;
    this.mode = mode;
    this.addrSize = mode;
    this.prefix66 = false;
    this.rep = 0;
    this.lock = false;
    this.seg = NO_REG;
    this.rex = false;
    this.w = false;
    this.r = 0;
    this.x = 0;
    this.b = 0;
    this.vvvv = 0;
    this.mod = 3;
    this.reg = 0;
    this.rm = 0;
    this.evexB = false;
    this.z = false;
    this.aaa = 0;
    this.v2 = 0;
    this.length = 0;
    this.dispShift = 0;
  }

  u8(): number {
    if (this.pos < this.limit) return this.bytes[this.pos++] as number;
    this.overrun = true;
    return 0;
  }

  i8(): number {
    return (this.u8() << 24) >> 24;
  }

  u16(): number {
    const low = this.u8();
    return low | (this.u8() << 8);
  }

  i16(): number {
    return (this.u16() << 16) >> 16;
  }

  i32(): number {
    const low = this.u16();
    return low | (this.u16() << 16);
  }
}
