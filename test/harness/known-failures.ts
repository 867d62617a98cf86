/**
 * What Linux does and blink does not yet, by "file > test", with the reason. These tests must fail: one that passes says so, and
 * its line goes.
 */
const KNOWN: Readonly<Record<string, string>> = {
  "die.c > gcc -O0 trap": "the trap flag raises no #DB",
  "die.c > musl-gcc -O0 -static trap": "the trap flag raises no #DB",
};

export function knownFailure(file: string, name: string): string | undefined {
  return KNOWN[`${file} > ${name}`];
}
