/**
 * What Linux does and blink does not yet, by "file > test", with the reason. These tests must fail: one that passes says so, and
 * its line goes.
 */
const KNOWN: Readonly<Record<string, string>> = {};

export function knownFailure(file: string, name: string): string | undefined {
  return KNOWN[`${file} > ${name}`];
}
