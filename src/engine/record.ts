import { ARENA } from "../cpu/layout.ts";

/**
 * A decoded record, 32 bytes in the arena; a block is a run of them. Register operands are absolute RAM addresses
 * (x87 and system registers: numbers). All records of a block lie in one page of guest code, and its addresses are
 * relative to CODE_BASE, so that processes that map the page elsewhere share the block.
 */
export const RECORD = 32;
/** Handler's index in table 0 (u32). */
export const R_FN = 0;
/** First, second and third register operand (u16). A fourth one lies in R_IMM: such forms have no immediate. */
export const R_OP0 = 4;
export const R_OP1 = 6;
export const R_OP2 = 28;
/** Memory operand: addresses of base, index and segment base (u16), scale (u8), displacement (i32). */
export const R_BASE = 8;
export const R_INDEX = 10;
export const R_SEG = 12;
export const R_SCALE = 14;
export const R_DISP = 24;
/** Position in the block, from 0, in the low bits; in a block's first record also whether indirect jumps led to it (u8). */
export const R_POS = 15;
export const POS_MASK = 0x7f;
export const JUMPED_TO = 0x80;
/** Immediate; for branches the target relative to CODE_BASE (i64). */
export const R_IMM = 16;
/** Offset in the page (low 12 bits) and length (high 4 bits) (u16). */
export const R_WHERE = 30;
/** Terminators: links to the records to go on at, 0 = not known (u32); instructions in the block (u16). */
export const R_TAKEN = 4;
export const R_FALL = 8;
export const R_COUNT = 28;

/**
 * A region's record stands where its entry block's first record was: slot in table 0 (u32), the moved first record
 * (u32), which of its entries this is (u16), the address that it was compiled for (i64, or -1 where this address space has something else there), and the
 * CODE_GENERATION for which that was found (u32).
 */
export const R_SLOT = 4;
export const R_MOVED = 8;
export const R_ENTRY = 12;
export const R_RIP = 16;
export const R_GENERATION = 24;

/** The record whose handler leaves the engine with EXIT_CODE. */
export const EXIT_RECORD = ARENA;
/** First record of blocks. */
export const FIRST_RECORD = ARENA + RECORD;
/** Most instructions in a block. */
export const MAX_BLOCK = 64;
/** Most records that a block can take: its instructions, a page check and a joining jump. */
export const MAX_RECORDS = MAX_BLOCK + 2;

/**
 * The header that stands before a block's first record, as long as a record: the header of the next block in its bucket, or
 * 0 (u32), the frame that it was decoded from (u32), from which offset to which (u16 each; the end may lie behind the
 * page), the number of its records (u16), and where they were copied when a region took the first one's place, or 0 (u32).
 */
export const B_NEXT = 0;
export const B_FRAME = 4;
export const B_START = 8;
export const B_END = 10;
export const B_COUNT = 12;
export const B_MOVED = 16;
/** A frame's blocks are listed in buckets, by where they start: the first one's header each, or 0 (u32). */
export const BUCKET_SHIFT = 6;
export const BUCKETS_SIZE = (4096 >> BUCKET_SHIFT) * 4;
