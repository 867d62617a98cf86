/** Brings the text of our disassembler and iced's Masm formatter to one spelling. */

export function normalizeOurs(text: string): string {
  return text.replace("[rel ", "[");
}

/** iced leaves out st(1) where it is what assemblers assume. */
const ASSUMES_ST1 = /^(?:fcomp?|fucomp?|fxch)$/;
const ASSUMES_ST1_ST0 = /^(?:fadd|fmul|fsubr?|fdivr?)p$/;

const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/^(?:xacquire |xrelease |bnd |notrack |hnt |ht )+/, ""],
  [/^wait$/, "fwait"],
  [/^int 3$/, "int3"],
  [/mmword ptr/, "qword ptr"],
  [/^(lock |)xchg (\w+), (.* ptr .*)$/, "$1xchg $3, $2"],
  [/^(.*) far ptr (\w+):(\w+)$/, "$1 $2:$3"],
];

export function normalizeIced(iced: string): string {
  let text = iced;
  for (const [pattern, replacement] of SPELLINGS) text = text.replace(pattern, replacement);
  if (ASSUMES_ST1.test(text)) return `${text} st(1)`;
  if (ASSUMES_ST1_ST0.test(text)) return `${text} st(1), st(0)`;
  return text;
}
