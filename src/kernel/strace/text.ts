/** Bytes as strace(1) shows them. */

/** Bytes of a string that are shown. */
export const SHOWN = 32;

const ESCAPES: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  11: "\\v",
  12: "\\f",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};

/** A C string literal; octal escapes are as short as the next character allows. */
export function quote(bytes: Uint8Array, more = false): string {
  let out = "";
  bytes.forEach((b, i) => {
    const next = bytes[i + 1];
    const digit = next >= 48 && next <= 55;
    if (ESCAPES[b]) out += ESCAPES[b];
    else if (b >= 32 && b < 127) out += String.fromCharCode(b);
    else out += `\\${digit ? b.toString(8).padStart(3, "0") : b.toString(8)}`;
  });
  return `"${out}"${more ? "..." : ""}`;
}

export function quoteString(s: string, more = false): string {
  return quote(
    Uint8Array.from(s, (c) => c.charCodeAt(0)),
    more,
  );
}

export function pointer(v: number | bigint): string {
  return v === 0 || v === 0n ? "NULL" : `0x${BigInt.asUintN(64, BigInt(v)).toString(16)}`;
}
