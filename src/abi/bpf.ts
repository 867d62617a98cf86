/** Classic BPF (<linux/bpf_common.h>, <linux/filter.h>): an instruction is code:16 jt:8 jf:8 k:32. */
export const BPF_MAXINSNS = 4096;
export const BPF_MEMWORDS = 16;
export const SOCK_FILTER_SIZE = 8;

/** Class: the low three bits. */
export const BPF_LD = 0;
export const BPF_LDX = 1;
export const BPF_ST = 2;
export const BPF_STX = 3;
export const BPF_ALU = 4;
export const BPF_JMP = 5;
export const BPF_RET = 6;
export const BPF_MISC = 7;

/** Mode of a load (of a word: size 0). */
export const BPF_IMM = 0;
export const BPF_ABS = 0x20;
export const BPF_MEM = 0x60;
export const BPF_LEN = 0x80;

/** Operation of BPF_ALU. */
export const BPF_ADD = 0;
export const BPF_SUB = 0x10;
export const BPF_MUL = 0x20;
export const BPF_DIV = 0x30;
export const BPF_OR = 0x40;
export const BPF_AND = 0x50;
export const BPF_LSH = 0x60;
export const BPF_RSH = 0x70;
export const BPF_NEG = 0x80;
export const BPF_XOR = 0xa0;

/** Operation of BPF_JMP. */
export const BPF_JA = 0;
export const BPF_JEQ = 0x10;
export const BPF_JGT = 0x20;
export const BPF_JGE = 0x30;
export const BPF_JSET = 0x40;

/** Operand: the constant, X, or for returns A. */
export const BPF_K = 0;
export const BPF_X = 8;
export const BPF_A = 0x10;

export const BPF_TAX = 0;
export const BPF_TXA = 0x80;
