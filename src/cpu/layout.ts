/**
 * Where things lie in the machine's RAM (one WebAssembly memory). All offsets are absolute byte addresses, so that
 * generated code reaches them with constant offsets. The register file describes the task that runs now; the kernel
 * copies it out and in when it switches tasks.
 */

/** Register file. */
export const STATE = 0x1000;
/** Sixteen general registers, 8 bytes each, in encoding order (RAX RCX RDX RBX RSP RBP RSI RDI R8..R15). */
export const GPR = STATE;
export const RIP = STATE + 0x80;
/** Always zero: what an absent base or index register reads. */
export const ZERO = STATE + 0x88;
/** Linear address of the page that the running block's instructions lie in. */
export const CODE_BASE = STATE + 0x90;
/** Lazy arithmetic flags, see flags.ts. */
export const FLAG_RES = STATE + 0x98;
export const FLAG_AUX = STATE + 0xa0;
/** RFLAGS bits that are not arithmetic flags (TF IF DF IOPL NT RF AC ID), at their RFLAGS positions; bit 1 is set. */
export const FLAG_SYS = STATE + 0xa4;
/** Six selectors, 2 bytes each: ES CS SS DS FS GS. */
export const SEL = STATE + 0xb0;
/** Six segment bases, 8 bytes each, same order. */
export const SEG_BASE = STATE + 0xc0;
/**
 * What the processor keeps of the six segments' descriptors beside their bases, 8 bytes each, same order: the last offset
 * (u32) and the descriptor's bytes 4 to 7 without the base, as LAR gives them (u32; 0: none is loaded).
 */
export const SEG_LIMIT = STATE + 0x120;
/** From a segment's base to its limit. */
export const SEG_LIMIT_FROM_BASE = SEG_LIMIT - SEG_BASE;
/** Bits of those attributes: data may be written or code read, the type's sense of limit or privilege, code, present; 64 bits, 32 bits. */
export const SEG_RW = 0x200;
export const SEG_DOWN = 0x400;
export const SEG_CODE = 0x800;
export const SEG_PRESENT = 0x8000;
export const SEG_LONG = 0x200000;
export const SEG_BIG = 0x400000;
/** Constant 4096, read as an index register when a displacement would not fit. */
export const CONST_PAGE = STATE + 0xf0;
export const MXCSR = STATE + 0x100;
/** x87: control word, status word (with TOP in bits 11-13), abridged tag byte (1 = valid), last opcode, instruction and operand pointers. */
export const FCW = STATE + 0x104;
export const FSW = STATE + 0x106;
export const FTW = STATE + 0x108;
export const FOP = STATE + 0x10a;
export const FIP = STATE + 0x110;
export const FDP = STATE + 0x118;
/** Eight physical x87 registers R0..R7, 16 bytes each (mantissa 8 bytes, sign+exponent 2 bytes). MMi is the mantissa of Ri. */
export const X87 = STATE + 0x180;
/** Sixteen vector registers, 32 bytes each; XMMi is the lower half. */
export const YMM = STATE + 0x200;
export const YMM_STRIDE = 32;
/** End of what belongs to a task; STATE..STATE_END is copied on a task switch. */
export const STATE_END = STATE + 0x400;

/** Why the engine returned: see engine/exit.ts. Not part of a task's state. */
export const EXIT_VECTOR = STATE + 0x400;
export const EXIT_ERROR = STATE + 0x404;
/** Faulting linear address (i64). */
export const EXIT_ADDR = STATE + 0x408;
/** Record that was executing at the exit. */
export const EXIT_REC = STATE + 0x410;
/** Instructions left before the engine must return (i32, signed). */
export const BUDGET = STATE + 0x418;
/** Exit code that the EXIT record's handler returns (i32). */
export const EXIT_CODE = STATE + 0x41c;
/** Changes whenever code that was reachable at some address may no longer be (i32): regions check it on entry. */
export const CODE_GENERATION = STATE + 0x420;
/** Guest calls that are nested wasm calls now (i32). */
export const CALL_DEPTH = STATE + 0x424;
/** Return address and stack pointer at which interpreted code, called by a region, has returned to it (i64 each). */
export const RETURN_TO = STATE + 0x428;
export const RETURN_SP = STATE + 0x430;
/**
 * Flags that regions left unsettled: how they came about (i32, 0 if FLAG_RES and FLAG_AUX hold them), a carry (i32), and
 * two values (i64 each); see engine/emit/pending.ts. Nothing outside the engine sees them.
 */
export const FLAG_OP = STATE + 0x438;
export const FLAG_C = STATE + 0x43c;
export const FLAG_X = STATE + 0x440;
export const FLAG_Y = STATE + 0x448;
/** Why a region left that returned -1: an exit code, or 0 to go on at RIP (i32). */
export const REGION_CODE = STATE + 0x450;
/** The slot of the region that left last to go on elsewhere (i32); and the same if the budget was used up then, or 0 (i32). */
export const REGION_FROM = STATE + 0x454;
export const HOPPED = STATE + 0x458;
/** Calls from regions to code that is not compiled, by a hash of its record: counters of 16 bits. */
export const CALL_HEAT = 0x8000;
export const CALL_HEAT_SIZE = 0x4000;
/** Scratch for helpers: 256 bytes. */
export const SCRATCH = STATE + 0x500;
/** Bounce buffer for accesses that cross a page: 64 bytes, and what the pending store must be copied to. */
export const BOUNCE = STATE + 0x600;
export const BOUNCE_HOST1 = STATE + 0x640;
export const BOUNCE_HOST2 = STATE + 0x644;
export const BOUNCE_LEN1 = STATE + 0x648;
export const BOUNCE_SIZE = STATE + 0x64c;
/** Frame number of the running address space's root page table (i32, as a byte address). */
export const PT_ROOT = STATE + 0x680;
export const STAT_TLB_MISS = STATE + 0x688;
/** Not 0 while instructions run one by one (i32), and the records of such a one. */
export const STEPPING = STATE + 0x690;
/** Not 0 while some pages are watched (i32): each of their accesses takes the slow way. */
export const WATCHING = STATE + 0x694;
export const STEP_RECORDS = STATE + 0x700;
/** First free byte of the arena (u32), and how many blocks there are, and how many records were decoded (i32 each). */
export const ARENA_NEXT = STATE + 0x698;
export const STAT_BLOCKS = STATE + 0x69c;
export const STAT_DECODED = STATE + 0x6a0;
/** Jumps whose target the jump cache did not hold (i32). */
export const STAT_LOOKUPS = STATE + 0x6a4;
/** Not 0 while there are breakpoints (i32): code is then looked up by the engine alone, which knows them. */
export const BREAKING = STATE + 0x6a8;
/** Constant tables for vector semantics (written once at start), 2 KiB. */
export const TABLES = STATE + 0x800;

/**
 * TLB: direct mapped, 32-byte entries: read tag (i64), write tag (i64), delta (i32). A tag is the page's linear address;
 * -1 never matches. host address = (low 32 bits of the linear address) + delta.
 */
export const TLB = 0x10000;
export const TLB_ENTRIES = 2048;
export const TLB_ENTRY = 32;
export const TLB_RTAG = 0;
export const TLB_WTAG = 8;
export const TLB_DELTA = 16;
/** Jump cache: linear RIP (i64) -> record (i32), 16-byte entries, hashed: functions tend to start alike in their pages. */
export const JUMP_CACHE = 0x20000;
export const JUMP_BITS = 13;
export const JUMP_ENTRIES = 1 << JUMP_BITS;
/** Where the jump cache keeps an address, given its low 32 bits. image.ts computes the same. */
export function jumpEntry(lo: number): number {
  return JUMP_CACHE + ((lo ^ (lo >>> JUMP_BITS)) & (JUMP_ENTRIES - 1)) * 16;
}
/** One byte of flags a frame: see mmu/frames.ts. */
export const FRAME_FLAGS = 0x40000;
export const FRAME_FLAGS_SIZE = 0x100000;
/** Handlers that there are in table 0 now (i32). */
export const HANDLERS = STATE + 0x6ac;
/** By frame: where the blocks decoded from it are listed (u32), or 0; see engine/code-cache.ts. */
export const FRAME_BLOCKS = 0x140000;
export const FRAME_BLOCKS_SIZE = 0x400000;
/** How to make records (engine/interp/plans.ts), and the handlers' index (image.ts). */
export const PLANS = FRAME_BLOCKS + FRAME_BLOCKS_SIZE;
export const PLANS_SIZE = 0x20000;
export const INDEX = PLANS + PLANS_SIZE;
export const INDEX_SIZE = 0x10000;
/** Arena of decoded records. */
export const ARENA = INDEX + INDEX_SIZE;
export const ARENA_SIZE = 0x4000000;
/** First byte that guest frames may use. */
export const FRAMES = ARENA + ARENA_SIZE;

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;

export const ES = 0;
export const CS = 1;
export const SS = 2;
export const DS = 3;
export const FS = 4;
export const GS = 5;
