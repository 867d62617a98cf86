/**
 * Names as linkers see them, turned into those of the source: plain names of C++ (Itanium C++ ABI, section 5.1) and of Rust's
 * legacy scheme. Names with template arguments, operators or substitutions, and Rust's v0 names, stay as they are.
 */

const ESCAPES: Readonly<Record<string, string>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};

/** `$LT$` and the like, `$u20$`; two dots stand for "::". */
function unescapeRust(part: string): string {
  const plain = part.startsWith("_$") ? part.slice(1) : part;
  return plain
    .replace(/\$([A-Z]{1,2}|u[0-9a-f]{1,6})\$/g, (all, code: string) => {
      if (!code.startsWith("u")) return ESCAPES[code] ?? all;
      const point = Number.parseInt(code.slice(1), 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : all;
    })
    .replaceAll("..", "::");
}

/** Source names with their lengths, from `at` on. Undefined if something else stands between them. */
function sourceNames(name: string, from: number): { parts: string[]; at: number } | undefined {
  const parts: string[] = [];
  let at = from;
  for (;;) {
    const digits = /^\d{1,4}/.exec(name.slice(at, at + 4))?.[0];
    if (digits === undefined) return { parts, at };
    const begin = at + digits.length;
    at = begin + Number(digits);
    if (at > name.length || at === begin) return undefined;
    parts.push(name.slice(begin, at));
  }
}

const ANONYMOUS = /^_GLOBAL__N/;

/** The name without the types of its parameters, or undefined if it is none that was mangled, or of the kinds above. */
export function demangle(name: string): string | undefined {
  if (!name.startsWith("_Z")) return undefined;
  const head = /^_Z(N?)([VK]*)(St)?/.exec(name);
  if (!head) return undefined;
  const [all, nested, , std] = head;
  const found = sourceNames(name, all.length);
  if (!found || found.parts.length === 0) return undefined;
  const { parts } = found;
  const rest = name.slice(found.at);
  if (nested && !std && /^17h[0-9a-f]{16}$/.test(`17${parts.at(-1)}`) && rest.startsWith("E"))
    return parts.slice(0, -1).map(unescapeRust).join("::");
  const shown = (std ? ["std", ...parts] : parts).map((p) => (ANONYMOUS.test(p) ? "(anonymous namespace)" : p));
  // Constructors and destructors are named as their class.
  const special = /^([CD])[0-5]E/.exec(rest);
  if (nested && special) shown.push(`${special[1] === "D" ? "~" : ""}${parts.at(-1)}`);
  else if (nested ? !rest.startsWith("E") : rest.startsWith("I") || parts.length > 1) return undefined;
  return shown.join("::");
}
