import type { CpuLevel } from "./cpu-features.ts";

/** What a TypeScript helper may see: the machine's RAM (register file and scratch at cpu/layout.ts addresses). Views change when RAM grows, so fetch them afresh. */
export interface HelperHost {
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;
  readonly view: DataView;
  /** What CPUID reports; the default if left out. */
  readonly level?: CpuLevel;
  /** The program's local descriptor table, if it has one. */
  readonly ldt?: Uint8Array;
  /** Time-stamp counter and random numbers. */
  tsc(): number;
  random(bytes: Uint8Array): void;
}
/** i32 arguments and result. */
export type Helper = (host: HelperHost, ...args: number[]) => number;
