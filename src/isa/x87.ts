import { row } from "./row.ts";

/** The arithmetic in /n: D8 m32fp, DC m64fp, DA m32int, DE m16int. */
function withMemory<const M extends string, const I extends string>(name: M, integer: I, n: number) {
  return [
    row(`${name} m32fp`, `D8 /${n}`, "r", "X87"),
    row(`${name} m64fp`, `DC /${n}`, "r", "X87"),
    row(`${integer} m32int`, `DA /${n}`, "r", "X87"),
    row(`${integer} m16int`, `DE /${n}`, "r", "X87"),
  ];
}

/** ... and ST(0) op ST(i). */
function arithmetic<const M extends string, const I extends string>(name: M, integer: I, n: number) {
  const byte = (0xc0 + 8 * n).toString(16).toUpperCase();
  return [...withMemory(name, integer, n), row(`${name} ST(0), ST(i)`, `D8 ${byte}+i`, "rw,r", "X87")];
}

/** ST(i) = ST(i) op ST(0), and with a pop. */
function reverse<const M extends string, const P extends string>(name: M, pop: P, byte: string) {
  return [
    row(`${name} ST(i), ST(0)`, `DC ${byte}+i`, "rw,r", "X87"),
    row(`${pop} ST(i), ST(0)`, `DE ${byte}+i`, "rw,r", "X87"),
  ];
}

export const rows = [
  ...arithmetic("FADD", "FIADD", 0),
  ...arithmetic("FMUL", "FIMUL", 1),
  ...withMemory("FCOM", "FICOM", 2),
  ...withMemory("FCOMP", "FICOMP", 3),
  ...arithmetic("FSUB", "FISUB", 4),
  ...arithmetic("FSUBR", "FISUBR", 5),
  ...arithmetic("FDIV", "FIDIV", 6),
  ...arithmetic("FDIVR", "FIDIVR", 7),
  ...reverse("FADD", "FADDP", "C0"),
  ...reverse("FMUL", "FMULP", "C8"),
  ...reverse("FSUBR", "FSUBRP", "E0"),
  ...reverse("FSUB", "FSUBP", "E8"),
  ...reverse("FDIVR", "FDIVRP", "F0"),
  ...reverse("FDIV", "FDIVP", "F8"),

  // Loads and stores.
  row("FLD m32fp", "D9 /0", "r", "X87"),
  row("FLD m64fp", "DD /0", "r", "X87"),
  row("FLD m80fp", "DB /5", "r", "X87"),
  row("FLD ST(i)", "D9 C0+i", "r", "X87"),
  row("FST m32fp", "D9 /2", "w", "X87"),
  row("FST m64fp", "DD /2", "w", "X87"),
  row("FST ST(i)", "DD D0+i", "w", "X87"),
  row("FSTP m32fp", "D9 /3", "w", "X87"),
  row("FSTP m64fp", "DD /3", "w", "X87"),
  row("FSTP m80fp", "DB /7", "w", "X87"),
  row("FSTP ST(i)", "DD D8+i", "w", "X87"),
  row("FILD m16int", "DF /0", "r", "X87"),
  row("FILD m32int", "DB /0", "r", "X87"),
  row("FILD m64int", "DF /5", "r", "X87"),
  row("FIST m16int", "DF /2", "w", "X87"),
  row("FIST m32int", "DB /2", "w", "X87"),
  row("FISTP m16int", "DF /3", "w", "X87"),
  row("FISTP m32int", "DB /3", "w", "X87"),
  row("FISTP m64int", "DF /7", "w", "X87"),
  row("FISTTP m16int", "DF /1", "w", "SSE3"),
  row("FISTTP m32int", "DB /1", "w", "SSE3"),
  row("FISTTP m64int", "DD /1", "w", "SSE3"),
  row("FBLD m80bcd", "DF /4", "r", "X87"),
  row("FBSTP m80bcd", "DF /6", "w", "X87"),
  row("FXCH ST(i)", "D9 C8+i", "rw", "X87"),

  // Undocumented aliases that processors carry out.
  row("FSTPNCE ST(i)", "D9 D8+i", "w", "X87"), // FSTP, without a fault when ST(0) is empty
  row("FCOM ST(i)", "DC D0+i", "r", "X87"),
  row("FCOMP ST(i)", "DC D8+i", "r", "X87"),
  row("FXCH ST(i)", "DD C8+i", "rw", "X87"),
  row("FCOMP ST(i)", "DE D0+i", "r", "X87"),
  row("FXCH ST(i)", "DF C8+i", "rw", "X87"),
  row("FSTP ST(i)", "DF D0+i", "w", "X87"),
  row("FSTP ST(i)", "DF D8+i", "w", "X87"),
  row("FFREEP ST(i)", "DF C0+i", "n", "X87"),

  // Constants and functions of the top of the stack.
  row("FLD1", "D9 E8", "", "X87"),
  row("FLDL2T", "D9 E9", "", "X87"),
  row("FLDL2E", "D9 EA", "", "X87"),
  row("FLDPI", "D9 EB", "", "X87"),
  row("FLDLG2", "D9 EC", "", "X87"),
  row("FLDLN2", "D9 ED", "", "X87"),
  row("FLDZ", "D9 EE", "", "X87"),
  row("FCHS", "D9 E0", "", "X87"),
  row("FABS", "D9 E1", "", "X87"),
  row("FTST", "D9 E4", "", "X87"),
  row("FXAM", "D9 E5", "", "X87"),
  row("F2XM1", "D9 F0", "", "X87"),
  row("FYL2X", "D9 F1", "", "X87"),
  row("FPTAN", "D9 F2", "", "X87"),
  row("FPATAN", "D9 F3", "", "X87"),
  row("FXTRACT", "D9 F4", "", "X87"),
  row("FPREM1", "D9 F5", "", "X87"),
  row("FDECSTP", "D9 F6", "", "X87"),
  row("FINCSTP", "D9 F7", "", "X87"),
  row("FPREM", "D9 F8", "", "X87"),
  row("FYL2XP1", "D9 F9", "", "X87"),
  row("FSQRT", "D9 FA", "", "X87"),
  row("FSINCOS", "D9 FB", "", "X87"),
  row("FRNDINT", "D9 FC", "", "X87"),
  row("FSCALE", "D9 FD", "", "X87"),
  row("FSIN", "D9 FE", "", "X87"),
  row("FCOS", "D9 FF", "", "X87"),

  // Comparisons and conditional moves.
  row("FCOM ST(i)", "D8 D0+i", "r", "X87"),
  row("FCOMP ST(i)", "D8 D8+i", "r", "X87"),
  row("FUCOM ST(i)", "DD E0+i", "r", "X87"),
  row("FUCOMP ST(i)", "DD E8+i", "r", "X87"),
  row("FUCOMPP", "DA E9", "", "X87"),
  row("FCOMPP", "DE D9", "", "X87"),
  row("FCOMI ST(0), ST(i)", "DB F0+i", "r,r", "X87 w=oszapc"),
  row("FUCOMI ST(0), ST(i)", "DB E8+i", "r,r", "X87 w=oszapc"),
  row("FCOMIP ST(0), ST(i)", "DF F0+i", "r,r", "X87 w=oszapc"),
  row("FUCOMIP ST(0), ST(i)", "DF E8+i", "r,r", "X87 w=oszapc"),
  row("FCMOVB ST(0), ST(i)", "DA C0+i", "rw,r", "X87 r=c"),
  row("FCMOVE ST(0), ST(i)", "DA C8+i", "rw,r", "X87 r=z"),
  row("FCMOVBE ST(0), ST(i)", "DA D0+i", "rw,r", "X87 r=cz"),
  row("FCMOVU ST(0), ST(i)", "DA D8+i", "rw,r", "X87 r=p"),
  row("FCMOVNB ST(0), ST(i)", "DB C0+i", "rw,r", "X87 r=c"),
  row("FCMOVNE ST(0), ST(i)", "DB C8+i", "rw,r", "X87 r=z"),
  row("FCMOVNBE ST(0), ST(i)", "DB D0+i", "rw,r", "X87 r=cz"),
  row("FCMOVNU ST(0), ST(i)", "DB D8+i", "rw,r", "X87 r=p"),

  // Control.
  row("FWAIT", "9B", "", "X87"),
  row("FNOP", "D9 D0", "", "X87"),
  row("FFREE ST(i)", "DD C0+i", "n", "X87"),
  row("FNENI", "DB E0", "", "X87"), // 8087 only: does nothing now
  row("FNDISI", "DB E1", "", "X87"), // the same
  row("FNCLEX", "DB E2", "", "X87"),
  row("FNINIT", "DB E3", "", "X87"),
  row("FNSETPM", "DB E4", "", "X87"), // 80287 only
  row("FLDCW m16", "D9 /5", "r", "X87"),
  row("FNSTCW m16", "D9 /7", "w", "X87"),
  row("FNSTSW m16", "DD /7", "w", "X87"),
  row("FNSTSW AX", "DF E0", "w", "X87"),
  row("FLDENV m14byte", "o16 D9 /4", "r", "X87"),
  row("FLDENV m28byte", "D9 /4", "r", "X87"),
  row("FNSTENV m14byte", "o16 D9 /6", "w", "X87"),
  row("FNSTENV m28byte", "D9 /6", "w", "X87"),
  row("FRSTOR m94byte", "o16 DD /4", "r", "X87"),
  row("FRSTOR m108byte", "DD /4", "r", "X87"),
  row("FNSAVE m94byte", "o16 DD /6", "w", "X87"),
  row("FNSAVE m108byte", "DD /6", "w", "X87"),
];
