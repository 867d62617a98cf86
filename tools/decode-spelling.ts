/** Brings the text of our disassembler and iced's Masm formatter to one spelling. */

const STRING = /^((?:rep |repe |repne )?(?:movs|cmps|stos|lods|scas|ins|outs)[bwdq]) (.*)$/;

/** String instructions: just what isn't the default among the operands. */
function stringOperands(text: string, mode: number): string {
  const found = STRING.exec(text);
  const operands = found?.[2] ?? "";
  if (!found || !operands.includes("[")) return text;
  const index = mode === 64 ? "r" : mode === 32 ? "e" : "";
  const told = operands
    .split(", ")
    .map((o) => o.replace(/^\w+ ptr /, "").replace(/es:(\[\w*di\])/, "$1"))
    .filter((o) => o.includes("[") && o !== `[${index}di]` && o !== `[${index}si]`);
  return [found[1], ...told].join(" ");
}

function sortedExchange(text: string): string {
  const found = /^(lock |)xchg ([^,]+), ([^,]+)$/.exec(text);
  return found ? `${found[1]}xchg ${[found[2], found[3]].sort().join(", ")}` : text;
}

function common(text: string, mode: number): string {
  return sortedExchange(stringOperands(text, mode)).replace(/^([sl][gi]dt[wd]?) \w+ ptr/, "$1");
}

const XLAT: Readonly<Record<number, string>> = { 16: "[bx]", 32: "[ebx]", 64: "[rbx]" };

export function normalizeOurs(text: string, mode: number): string {
  const plain = text
    .replace("[rel ", "[")
    .replace(/^fstpnce/, "fstp")
    .replace(/^xlat byte ptr (\[.bx\])$/, (all, m) => (m === XLAT[mode] ? "xlat" : all));
  return common(plain, mode);
}

/** iced leaves out st(1) where it is what assemblers assume. */
const ASSUMES_ST1 = /^(?:fcomp?|fucomp?|fxch)$/;
const ASSUMES_ST1_ST0 = /^(?:fadd|fmul|fsubr?|fdivr?)p$/;

const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/^(?:es|cs|ss|ds|fs|gs) /, ""],
  [/^(?:xacquire |xrelease |bnd |notrack |hnt |ht )+/, ""],
  [/^wait$/, "fwait"],
  [/\bmmword ptr/, "qword ptr"],
  [/^(.*) far ptr (\w+):(\w+)$/, "$1 $2:$3"],
  [/(?:fpuenv|fpustate)\d+ ptr /, ""],
  [/^(v?maskmov(?:q|dqu)) .*ptr [^,]*, /, "$1 "],
  [/^xlatb$/, "xlat"],
  [/^(aa[dm])$/, "$1 0xa"],
  [/^repn?e? (retn?[wdq]?|call|jmp|j\w+)\b/, "$1"],
  [/^retn([wd])\b/, "ret$1"],
  [/\boword ptr/, "xmmword ptr"],
  [/^(monitor|mwait)\b.*/, "$1"],
];

export function normalizeIced(iced: string, code: string, mode: number): string {
  if (/^Nop[wdq]$/.test(code)) return "nop";
  if (code === "Int3") return "int3";
  const all = /^(Push|Pop)a([wd])$/.exec(code);
  if (all) return `${all[1]?.toLowerCase()}a${all[2] === "d" ? "d" : ""}`;
  let text = iced.replace(/\b0x(\d)\b/g, "$1");
  for (const [pattern, replacement] of SPELLINGS) text = text.replace(pattern, replacement);
  // "movs byte ptr ..." for our movsb.
  text = text.replace(
    /^((?:rep |repe |repne )?(?:movs|cmps|stos|lods|scas|ins|outs)) (.*\b([bwdq])\w+ ptr .*)$/,
    "$1$3 $2",
  );
  if (ASSUMES_ST1.test(text)) return `${text} st(1)`;
  if (ASSUMES_ST1_ST0.test(text)) return `${text} st(1), st(0)`;
  return common(text, mode);
}
