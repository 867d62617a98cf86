/** Which of several faults an instruction raises, with the alignment check (RFLAGS.AC) on or not: what a processor did. */
import { expect, it } from "vitest";
import { buildImage } from "../../src/engine/interp/build-image.ts";
import { compare } from "./compare.ts";
import { EngineSide } from "./engine-side.ts";
import { parseVector } from "./vectors.ts";

const engine = new EngineSide(buildImage());

/** By what they show: a trial and its result, as in vectors.txt. */
const CASES: readonly [string, string][] = [
  [
    "MASKMOVDQU at a multiple of 8",
    "code=66440ff7db@87d rdi=10000008 flags=40202 xmm3=80 xmm11=55 => [8]=cfa0a85f66e39855",
  ],
  [
    "MASKMOVDQU elsewhere, with nothing to store",
    "code=66440ff7db@87d rdi=10000004 flags=40202 => signal=7 si_code=1 trap=11 rip=2000087d flags=50202",
  ],
  [
    "MASKMOVDQU where no page is",
    "code=66440ff7db@87d rdi=fffff01 flags=40202 => signal=7 si_code=1 trap=11 rip=2000087d flags=50202",
  ],
  [
    "VMASKMOVDQU at a multiple of 8 where no page is",
    "code=c579f7e7@869 rdi=fffff08 flags=40202 => signal=b si_code=1 si_addr=fffff08 trap=e error=6 rip=20000869 flags=50202",
  ],
  [
    "ENTER whose outer frame isn't aligned: behind the first push",
    "code=c8300008@51b rsp=10000a28 rbp=10000ff9 flags=40202 => signal=7 si_code=1 trap=11 rip=2000051b flags=50202 [a20]=10000ff9",
  ],
  [
    "ENTER whose new top of the stack isn't aligned",
    "code=c8320000@51b rsp=10000a28 rbp=10000ff9 flags=40202 => signal=7 si_code=1 trap=11 rip=2000051b flags=50202 [a20]=10000ff9",
  ],
  [
    "PUSH whose operand's page is missing, before the stack is looked at",
    "code=41ff773e@dba rsp=10001ffc r15=100fffca flags=40202 => signal=b si_code=1 si_addr=10100008 trap=e error=4 rip=20000dba flags=50202",
  ],
  [
    "POP whose stack's page is missing, before the operand is looked at",
    "code=418f02@4cf rsp=fffff00 r10=10003aba flags=40202 => signal=b si_code=1 si_addr=fffff00 trap=e error=4 rip=200004cf flags=50202",
  ],
  [
    "MOVS whose source's page is missing",
    "code=66a5@b5c rsi=fffff00 rdi=10000ffb flags=40202 => signal=b si_code=1 si_addr=fffff00 trap=e error=4 rip=20000b5c flags=50202",
  ],
  [
    "MASKMOVDQU whose second half is beyond the canonical addresses",
    "code=66440ff7db@87d rdi=7ffffffffff8 flags=202 => signal=b si_code=1 si_addr=7ffffffffff8 trap=e error=6 rip=2000087d flags=10202",
  ],
  [
    "MASKMOVDQU whose first half reaches beyond the canonical addresses",
    "code=66440ff7db@87d rdi=7ffffffffff9 flags=202 => signal=b si_code=80 trap=d rip=2000087d flags=10202",
  ],
  ["a stack that wraps around", "code=57@441 rsp=3 flags=40202 => signal=7 si_code=1 trap=11 rip=20000441 flags=50202"],
  [
    "an instruction on two pages",
    "code=41ffb45810000000@ffe rsp=10001e70 r8=10000001 flags=40202 => signal=7 si_code=1 trap=11 rip=20000ffe flags=50202",
  ],
];

it.each(CASES)("%s", (_, line) => {
  const { trial, result } = parseVector(line);
  expect(compare(trial, engine.run(trial), result, { mxcsr: false, pointers: false })).toEqual([]);
});
