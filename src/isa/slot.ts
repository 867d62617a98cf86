/** Slots: the rows of one opcode byte in one map. */

export const LEGACY = 0;
export const VEX = 1;
export const EVEX = 2;
export const SLOTS = 3 << 11;

export function slotKey(space: number, map: number, opcode: number): number {
  return (space << 11) | (map << 8) | opcode;
}

function hex(code: number): number {
  return code <= 0x39 ? (code >= 0x30 ? code - 0x30 : -1) : code >= 0x41 && code <= 0x46 ? code - 0x37 : -1;
}

/**
 * Where a row belongs: its slot's key, with 0x10000 added if the opcode's low bits are a register. The same grammar as row.ts, but as
 * little of it as will do.
 */
export function keyOfEncoding(e: string): number {
  let map = 0;
  let space = LEGACY;
  let at = 0;
  while (at < e.length) {
    let end = e.indexOf(" ", at);
    if (end < 0) end = e.length;
    const length = end - at;
    const high = hex(e.charCodeAt(at));
    const low = length >= 2 ? hex(e.charCodeAt(at + 1)) : -1;
    const byte = (high << 4) | low;
    if (high < 0 || low < 0) {
      const vex = e.startsWith("VEX.", at);
      if (vex || e.startsWith("EVEX.", at)) {
        space = vex ? VEX : EVEX;
        const dot = e.indexOf(".0F", at);
        if (dot < 0 || dot > end) map = e.charCodeAt(e.indexOf("MAP", at) + 3) - 0x30;
        else map = e.charCodeAt(dot + 3) !== 0x33 ? 1 : e.charCodeAt(dot + 4) === 0x38 ? 2 : 3;
      }
    } else if (length === 4 && byte === 0x0f) {
      if (e.charCodeAt(at + 2) === 0x33) map = e.charCodeAt(at + 3) === 0x38 ? 2 : 3;
    } else if (length === 4) return slotKey(space, map, byte) | 0x10000;
    else if (length === 2) {
      if (space === LEGACY && map === 0 && byte === 0x0f) map = 1;
      else if (space === LEGACY && map === 1 && (byte === 0x38 || byte === 0x3a)) map = byte === 0x38 ? 2 : 3;
      else if (space !== LEGACY || map !== 0 || (byte !== 0x66 && byte !== 0xf2 && byte !== 0xf3)) {
        return slotKey(space, map, byte);
      }
    }
    at = end + 1;
  }
  throw new Error(`no opcode in ${e}`);
}

const FIXED_MODRM = /.* ([C-F][0-9A-F])(?:\+i)?(?: [a-z].*)?$/;

/** ModRM.reg of an encoding that has ModRM, as far as it is part of the opcode; else -1. */
export function digitOfEncoding(e: string): number {
  const slash = e.indexOf("/");
  if (slash >= 0) {
    const digit = e.charCodeAt(slash + 1) - 0x30;
    return digit < 8 ? digit : -1;
  }
  const fixed = FIXED_MODRM.exec(e);
  return fixed ? (Number.parseInt(fixed[1] as string, 16) >> 3) & 7 : -1;
}

/** Row numbers by slot. */
export function rowsBySlot(encodings: readonly string[]): (number[] | undefined)[] {
  const table: (number[] | undefined)[] = new Array(SLOTS);
  for (let i = 0; i < encodings.length; i++) {
    const key = keyOfEncoding(encodings[i] as string);
    const slot = key & 0xffff;
    for (let n = key > 0xffff ? 7 : 0; n >= 0; n--) {
      const list = table[slot + n];
      if (list) list.push(i);
      else table[slot + n] = [i];
    }
  }
  return table;
}
