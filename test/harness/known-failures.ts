/**
 * What Linux does and blink does not yet, by "file > test", with the reason. These tests must fail: one that passes says so, and
 * its line goes.
 */
const AVX = "AVX, AVX2, FMA and F16C have no semantics yet; CPUID does not offer them";
const MXCSR = "SSE arithmetic rounds to nearest and sets no exception flags, whatever MXCSR says";

const KNOWN: Readonly<Record<string, string>> = {
  "avx.c > gcc -O1": AVX,
  "libc.c > gcc -O2 -march=haswell": AVX,
  "floats.c > gcc -O1 -lm": MXCSR,
  "floats.c > gcc -O2 -static -lm": MXCSR,
  "floats.c > gcc -O2 -mfpmath=387 -lm": MXCSR,
  "floats.c > musl-gcc -O1 -static": MXCSR,
  "die.c > gcc -O0 sse": MXCSR,
  "die.c > musl-gcc -O0 -static sse": MXCSR,
  "die.c > gcc -O0 trap": "the trap flag raises no #DB",
  "die.c > musl-gcc -O0 -static trap": "the trap flag raises no #DB",
};

export function knownFailure(file: string, name: string): string | undefined {
  return KNOWN[`${file} > ${name}`];
}
