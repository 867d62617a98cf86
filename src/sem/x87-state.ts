/** Environment and state in memory: FNSTENV, FLDENV, FNSAVE, FRSTOR. SDM volume 1, 8.1.10 and figures 8-9 to 8-12. */
import { CS, FCW, FDP, FIP, FOP, FSW, FTW, SEL } from "../cpu/layout.ts";
import { i32, i64, select, type Val } from "../wasm/expr.ts";
import type { Emit, Semantics, SemTable } from "./emit.ts";
import { controlWordFrom, summarized } from "./x87.ts";
import { k, k64, setSlot, slotOf } from "./x87-cells.ts";
import { checkPending } from "./x87-frame.ts";

/** Two bits a register: 0 valid, 1 zero, 2 special (denormal, infinity, NaN, unsupported), 3 empty. */
export function fullTags(e: Emit): Val {
  const used = e.field("u8", FTW);
  let all: Val = k(0);
  for (let p = 0; p < 8; p++) {
    const at = slotOf(k(p));
    const exp = e.tmp(i32.and(e.ld("u16", at, 8), k(0x7fff)));
    const m = e.ld("i64", at);
    const zero = i32.and(i32.eqz(exp), i64.eqz(m));
    const valid = i32.and(i32.lt_u(i32.sub(exp, k(1)), k(0x7ffe)), i64.lt_s(m, k64(0)));
    const tag = select(valid, k(0), select(zero, k(1), k(2)));
    const inUse = i32.and(used, k(1 << p));
    all = e.tmp(i32.or(all, i32.shl(select(inUse, tag, k(3)), k(2 * p))));
  }
  return all;
}
/** One bit a register that is not empty. */
function abridged(e: Emit, tags: Val): Val {
  let all: Val = k(0);
  for (let p = 0; p < 8; p++) {
    const used = i32.ne(i32.and(i32.shr_u(tags, k(2 * p)), k(3)), k(3));
    all = e.tmp(i32.or(all, i32.shl(used, k(p))));
  }
  return all;
}
const plus = (at: Val, n: number): Val => i64.add(at, k64(n));

/** Stores the environment of protected mode in its 16 or 32-bit format; the caller has probed it. Returns its size. */
function storeEnvironment(e: Emit, at: Val): number {
  const fip = e.field("i64", FIP);
  const fdp = e.field("i64", FDP);
  const cs = e.field("u16", SEL + CS * 2);
  const words = [e.field("u16", FCW), e.field("u16", FSW), fullTags(e)];
  if (e.opSize === 16) {
    const all = [...words, i32.wrap_i64(fip), cs, i32.wrap_i64(fdp), k(0)];
    all.forEach((v, i) => {
      e.store(plus(at, 2 * i), 16, i32.and(v, k(0xffff)));
    });
    return 14;
  }
  const high = k(-0x10000);
  const opcode = i32.shl(e.field("u16", FOP), k(16));
  const all = [...words.map((w) => i32.or(w, high)), i32.wrap_i64(fip), i32.or(cs, opcode), i32.wrap_i64(fdp), high];
  all.forEach((v, i) => {
    e.store(plus(at, 4 * i), 32, v);
  });
  return 28;
}
function loadEnvironment(e: Emit, at: Val): number {
  const step = e.opSize === 16 ? 2 : 4;
  const size = e.opSize === 16 ? 16 : 32;
  const word = (i: number): Val => e.load(plus(at, step * i), size);
  const [fcw, fsw, ftw, fip, cs, fdp] = [0, 1, 2, 3, 4, 5].map(word);
  e.setField("u16", FCW, controlWordFrom(fcw));
  e.setField("u16", FSW, summarized(i32.and(fsw, k(0xffff)), fcw));
  e.setField("u8", FTW, abridged(e, ftw));
  e.setField("i64", FIP, i64.extend_i32_u(fip));
  e.setField("i64", FDP, i64.extend_i32_u(fdp));
  e.setField("u16", FOP, size === 32 ? i32.and(i32.shr_u(cs, k(16)), k(0x7ff)) : k(0));
  return step * 7;
}
/** Address of ST(i), i constant, with TOP as it is now. */
export function stackSlot(e: Emit, i: number): Val {
  const physical = i32.and(i32.add(i32.shr_u(e.field("u16", FSW), k(11)), k(i)), k(7));
  return e.tmp(slotOf(physical));
}
export function initialize(e: Emit): void {
  e.setField("u16", FCW, k(0x37f));
  e.setField("u16", FSW, k(0));
  e.setField("u8", FTW, k(0));
  e.setField("u16", FOP, k(0));
  e.setField("i64", FIP, k64(0));
  e.setField("i64", FDP, k64(0));
}

const environmentSize = (e: Emit): number => (e.opSize === 16 ? 14 : 28);
const fnstenv: Semantics = (e) => {
  const at = e.ea(0);
  e.probe(at, environmentSize(e), "w");
  storeEnvironment(e, at);
  const fcw = e.tmp(i32.or(e.field("u16", FCW), k(0x3f)));
  e.setField("u16", FCW, fcw);
  e.setField("u16", FSW, summarized(e.field("u16", FSW), fcw));
};
const fldenv: Semantics = (e) => {
  checkPending(e);
  const at = e.ea(0);
  e.probe(at, environmentSize(e), "r");
  loadEnvironment(e, at);
};
const fnsave: Semantics = (e) => {
  const at = e.ea(0);
  e.probe(at, environmentSize(e) + 80, "w");
  const registers = storeEnvironment(e, at);
  for (let i = 0; i < 8; i++) {
    const from = stackSlot(e, i);
    e.store(plus(at, registers + 10 * i), 64, e.ld("i64", from));
    e.store(plus(at, registers + 10 * i + 8), 16, e.ld("u16", from, 8));
  }
  initialize(e);
};
const frstor: Semantics = (e) => {
  checkPending(e);
  const at = e.ea(0);
  e.probe(at, environmentSize(e) + 80, "r");
  const registers = loadEnvironment(e, at);
  for (let i = 0; i < 8; i++) {
    const m = e.load(plus(at, registers + 10 * i), 64);
    const se = e.load(plus(at, registers + 10 * i + 8), 16);
    setSlot(e, stackSlot(e, i), m, se);
  }
};

export const x87State: SemTable = {
  FNINIT: initialize,
  FNSTENV: fnstenv,
  FLDENV: fldenv,
  FNSAVE: fnsave,
  FRSTOR: frstor,
};
