/** Names as linkers see them, turned into those of the source: of C++ and of Rust. */
import { demangleCxx } from "./demangle/cxx.ts";
import { demangleRustLegacy } from "./demangle/rust-legacy.ts";
import { demangleRustV0 } from "./demangle/rust-v0.ts";

/** Longer ones are no names. */
const LONGEST = 1 << 15;

/**
 * The name in the source, or undefined for what is none that was mangled. `types`: with those of a C++ function's parameters
 * and of what it returns.
 */
export function demangle(name: string, types = false): string | undefined {
  if (name.length > LONGEST) return undefined;
  if (name.startsWith("_R")) return demangleRustV0(name);
  if (!name.startsWith("_Z")) return undefined;
  return demangleRustLegacy(name) ?? demangleCxx(name, types);
}
