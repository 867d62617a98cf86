import { setFlagsFromString } from "node:v8";

/**
 * Flags under which V8 runs regions well, by its version.
 *
 * - Branch hints say which branches of regions are rare. Some versions know them and don't heed them unless told to.
 * - V8 11.3 (Node 20) loses values when it moves what several blocks do at their ends into the block that follows them all:
 *   sqlite3 got pointers of 32 bits. 12.4 and 13.6 compile the same module right; which change mended it is not known.
 *
 * Code caches hold only for the same flags.
 */
export function v8Flags(version: string): string[] {
  const major = Number.parseInt(version, 10);
  const flags: string[] = [];
  if (major >= 10 && major <= 13) flags.push("--experimental-wasm-branch-hinting");
  if (major < 12) flags.push("--no-turbo-move-optimization");
  return flags;
}

/** Before the first region is compiled. */
export function setV8Flags(): void {
  for (const flag of v8Flags(process.versions.v8)) setFlagsFromString(flag);
}

/**
 * How much a function runs, in about bytes of its code, before V8 compiles it well. V8 reckons with functions of a program
 * that someone wrote; regions are many and large, and most run just for a while: with V8's own limit, a C++ compiler under
 * this machine spends more than half of its time in V8's.
 */
const TIERING_BUDGET = 40_000_000;

/** Once the handlers, which are worth it sooner, have been handed to V8. */
export function setRegionFlags(): void {
  setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`);
}
