/** Numbers by which generated code and the engine tell each other of accesses to memory. */

/** #PF error code bits. */
export const PF_PRESENT = 1;
export const PF_WRITE = 2;
export const PF_USER = 4;
export const PF_FETCH = 16;

/** Answers of `watch`: the page is not watched; do it, but remember no translation; don't, with the exit fields set. */
export const WATCH_NONE = 0;
export const WATCH_SLOW = 1;
export const WATCH_REFUSED = 2;
