/** rseq(2), linux/rseq.h. */
export const RSEQ_FLAG_UNREGISTER = 1;
/** A thread's area: its offsets, and what every version of it has room for. */
export const RSEQ_CPU_ID_START = 0;
export const RSEQ_CPU_ID = 4;
export const RSEQ_CS = 8;
export const RSEQ_FLAGS = 16;
export const RSEQ_NODE_ID = 20;
export const RSEQ_MM_CID = 24;
export const ORIG_RSEQ_SIZE = 32;
/** Bytes in use, and how an area of another size is aligned: AT_RSEQ_FEATURE_SIZE and AT_RSEQ_ALIGN. */
export const RSEQ_FEATURE_SIZE = 28;
export const RSEQ_ALIGN = 32;
export const RSEQ_CPU_ID_UNINITIALIZED = 0xffffffff;
/** Offsets in the description of a sequence. */
export const CS_VERSION = 0;
export const CS_FLAGS = 4;
export const CS_START_IP = 8;
export const CS_POST_COMMIT_OFFSET = 16;
export const CS_ABORT_IP = 24;
