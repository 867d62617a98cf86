/** Names as linkers see them, turned into those of the source. */

/** The name, or undefined if it is none that was mangled. */
export function demangle(_name: string): string | undefined {
  return undefined;
}
