import { expect, test } from "vitest";
import { DS, FS, SEG_BASE, SEL, SS, STATE_END } from "../../cpu/layout.ts";
import { VECTOR } from "../emit.ts";
import type { HelperHost } from "../helpers.ts";
import { loadSegment } from "./segments.ts";

test("data segments of a user program", () => {
  const buffer = new ArrayBuffer(STATE_END);
  const host: HelperHost = {
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    i32: new Int32Array(buffer),
    f64: new Float64Array(buffer),
    view: new DataView(buffer),
    tsc: () => 0,
    random: () => {},
  };
  host.view.setBigUint64(SEG_BASE + 8 * FS, 0x7f0000001000n, true);
  expect(loadSegment(host, DS, 0x2b)).toBe(0);
  expect(host.u16[(SEL >> 1) + DS]).toBe(0x2b);
  expect(loadSegment(host, DS, 0x10)).toBe(VECTOR.GP);
  expect(host.u16[(SEL >> 1) + DS]).toBe(0x2b);
  expect(loadSegment(host, SS, 0)).toBe(VECTOR.GP);
  expect(loadSegment(host, FS, 0)).toBe(0);
  expect(host.view.getBigUint64(SEG_BASE + 8 * FS, true)).toBe(0n);
});
