/** Rust's names of old, which are made as those of C++ with a hash behind them. */

const ESCAPES: Readonly<Record<string, string | undefined>> = {
  SP: "@",
  BP: "*",
  RF: "&",
  LT: "<",
  GT: ">",
  LP: "(",
  RP: ")",
  C: ",",
};
const HASH = /^h[0-9a-f]{16}$/;

/** `$LT$` and the like, `$u20$`; two dots stand for "::". */
function unescaped(part: string): string {
  const plain = part.startsWith("_$") ? part.slice(1) : part;
  return plain.replace(/\$([A-Z]{1,2}|u[0-9a-f]{1,6})\$|\.\./g, (all, code: string | undefined) => {
    if (code === undefined) return "::";
    if (!code.startsWith("u")) return ESCAPES[code] ?? all;
    const point = Number.parseInt(code.slice(1), 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : all;
  });
}

/** Without the hash. Undefined for what is no such name. */
export function demangleRustLegacy(text: string): string | undefined {
  const head = /^_ZN(?=\d)/.exec(text);
  if (!head) return undefined;
  const parts: string[] = [];
  let at = head[0].length;
  while (text[at] !== "E") {
    const digits = /^[1-9]\d{0,3}/.exec(text.slice(at, at + 4))?.[0];
    if (digits === undefined) return undefined;
    const begin = at + digits.length;
    at = begin + Number(digits);
    if (at >= text.length) return undefined;
    parts.push(text.slice(begin, at));
  }
  const hash = parts.pop() ?? "";
  // A hash has many digits; and behind it stands at most what the linker wrote.
  if (!HASH.test(hash) || new Set(hash.slice(1)).size < 5 || parts.length === 0) return undefined;
  if (!/^E(?:\.[\w.$@]*)?$/.test(text.slice(at))) return undefined;
  return parts.map(unescaped).join("::");
}
