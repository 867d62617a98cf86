import type { DecodeError } from "../src/decode/decode.ts";
import type { Insn } from "../src/isa/types.ts";

interface Known {
  /** Matches the name of iced's Code, or "INVALID" where iced has no instruction. */
  code: RegExp;
  reason: string;
  /** What may differ: that we don't have it at all ("missing"), or what it is called ("text"). */
  what: "missing" | "text";
}

const KNOWN: readonly Known[] = [
  {
    code: /^(?:VEX_)?K(?:ADD|AND|MOV|NOT|OR|SHIFT|TEST|UNPCK|XNOR|XOR)/i,
    what: "missing",
    reason: "AVX-512 is not supported",
  },
  { code: /^XOP_/, what: "missing", reason: "XOP: AMD only, gone since Zen" },
  {
    code: /^VEX_Vf(?:n?m(?:add|sub)|maddsub|msubadd)[ps][sd]_/i,
    what: "missing",
    reason: "FMA4: AMD only, gone since Zen",
  },
  { code: /^VEX_Vpermil2p/, what: "missing", reason: "XOP: AMD only, gone since Zen" },
  { code: /^(?:D3NOW_|Femms)/, what: "missing", reason: "3DNow!: AMD only, gone since Bulldozer" },
  { code: /^(?:Movnts[sd]_|Extrq_|Insertq_)/, what: "missing", reason: "SSE4a: AMD only" },
  { code: /^VEX_(?:Ld|St|T)(?:tile|dp|ile)|^VEX_T(?:ile|dp|cmm)/i, what: "missing", reason: "AMX is not supported" },
  {
    code: /^(?:Vm(?:read|write|ptrld|ptrst|clear|xon|xoff|call|launch|resume|func)|Inv(?:ept|vpid)|Getsec)/,
    what: "missing",
    reason: "VMX and SMX: no hypervisor instructions here",
  },
  {
    code: /^(?:Vm(?:load|save|run|mcall|gexit)|Stgi|Clgi|Skinit|Invlpga|Invlpgb|Tlbsync|Psmash|Pvalidate|Rmp|Vmgexit)/,
    what: "missing",
    reason: "SVM and SEV: no hypervisor instructions here",
  },
  {
    code: /^(?:Wru?ss|Rdssp|Incssp|Saveprevssp|Rstorssp|Setssbsy|Clrssbsy)/,
    what: "missing",
    reason: "CET shadow stacks",
  },
  { code: /^(?:X(?:store|crypt|sha)|Montmul|Ccs_|Undoc_|Via_undoc)/i, what: "missing", reason: "VIA PadLock" },
  { code: /^(?:Aes(?:enc|dec)(?:wide)?(?:128|256)kl|Encodekey|Loadiwkey)/, what: "missing", reason: "Key Locker" },
  {
    code: /^(?:A(?:add|and|or|xor)_|Movdir|Enqcmd|Ptwrite|Pbndkb|Pconfig|Encl|Td|Seamops|Seam|Ui|Clui|Stui|Testui|Senduipi|U(?:monitor|mwait)|Tpause|Hreset|X(?:susldtrk|resldtrk)|Wrmsr(?:ns|list)|Rdmsrlist|Clzero|Rdpru|Mcommit|Monitorx|Mwaitx|Rmp|Pcommit)/,
    what: "missing",
    reason: "extensions that this CPU doesn't report",
  },
  {
    code: /^VEX_(?:Vp(?:dp|madd52)|Vsm[34]|Vsha512|Cmp\w+xadd|Vbcst|Vcvtne|Urdmsr|Uwrmsr|V?p?rdmsr)/i,
    what: "missing",
    reason: "AVX extensions that this CPU doesn't report",
  },
  { code: /^Xbegin_rel16/, what: "text", reason: "iced doesn't cut the abort address to 16 bits in 16-bit mode" },
  { code: /^(?:Lkgs|Eret[us])/, what: "missing", reason: "FRED" },
  { code: /^Rdssp/, what: "text", reason: "CET shadow stacks: a reserved NOP without them" },
  {
    code: /(?:vpinsr[bw]|extractps|pinsr[bw]|pextr[bw]).*r64m/i,
    what: "text",
    reason: "REX.W has no effect; iced hides it",
  },
  { code: /^Prefetchreserved/, what: "text", reason: "hints without a name: NOP here" },
  { code: /^Prefetchit/, what: "text", reason: "code prefetch: NOP here" },
  { code: /^Pause/, what: "text", reason: "with REX.B an exchange with R8, as a processor was seen to have it" },
];

/** Why decoder and iced may differ here, or undefined where they may not. */
export function knownDifference(code: string, ours: Insn | DecodeError, length: number): string | undefined {
  if (typeof ours !== "string" && ours.row.mnemonic === "EVEX") {
    return code === "INVALID" || length === ours.length
      ? "AVX-512 is recognized as a whole, without its rules"
      : undefined;
  }
  const what = typeof ours === "string" ? "missing" : "text";
  return KNOWN.find((k) => k.what === what && k.code.test(code))?.reason;
}
