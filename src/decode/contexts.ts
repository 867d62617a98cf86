/**
 * Context numbers, five bits, index the bits of Entry.reg and Entry.mem.
 * Legacy: 1 = 66h; 2 = F3, 4 = F2 (the last of them); 8 = REX.W.
 * VEX and EVEX: 1 to 3 = pp; 4 to 12 = L'L times 4; 16 = W.
 */
export const CTX_66 = 1;
export const CTX_F3 = 2;
export const CTX_F2 = 4;
export const CTX_REX_W = 8;
export const CTX_LENGTH_SHIFT = 2;
export const CTX_W = 16;
