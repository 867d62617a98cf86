/** Why some programs differ, as far as it is known: what the program's file name matches, and the reason. */
const KNOWN: readonly { name: RegExp; reason: string }[] = [];

export function kindOf(result: { path: string }): string | undefined {
  const name = result.path.slice(result.path.lastIndexOf("/") + 1);
  return KNOWN.find((k) => k.name.test(name))?.reason;
}
