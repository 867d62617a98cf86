import { setFlagsFromString } from "node:v8";

/** The versions of V8 that know the flag and don't do it anyway. */
const FIRST = 10;
const LAST = 13;

/** V8 heeds the hints of regions about which branches are rare. Code caches hold only for the same flags. */
export function branchHints(): void {
  const version = Number.parseInt(process.versions.v8, 10);
  if (version >= FIRST && version <= LAST) setFlagsFromString("--experimental-wasm-branch-hinting");
}
