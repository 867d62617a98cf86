import { test } from "vitest";
import { knownFailure } from "./known-failures.ts";

/**
 * A test that is skipped by name if a program it needs is missing, and that must fail if known-failures.ts lists it.
 * `limit`: milliseconds, where the usual ones are not enough.
 */
export function declare(
  file: string,
  name: string,
  missing: string | undefined,
  run: () => Promise<void>,
  limit?: number,
): void {
  if (missing !== undefined) {
    test.skip(`${name} (skipped: no ${missing})`);
    return;
  }
  const reason = process.env.BLINK_TEST_NATIVE_ONLY === "1" ? undefined : knownFailure(file, name);
  if (reason !== undefined) test.fails(`${name} (known failure: ${reason})`, run, limit);
  else test(name, run, limit);
}
