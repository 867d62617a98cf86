import { expect, test } from "vitest";
import { encodePacket, fromHex, hexNumber, PACKET_SIZE, PacketReader, type Received } from "./packet.ts";
import { REGISTER_BYTES, REGISTERS } from "./registers.ts";
import { fromGdb, toGdb } from "./signals.ts";
import { TARGET_XML } from "./target-xml.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const packet = (text: string): Received => ({ kind: "packet", text });

test("packets come in pieces, between acknowledgements and garbage", () => {
  const reader = new PacketReader();
  const all = [..."+garbage\r\n$qC#b4-\x03$m0,1#fa"].flatMap((c) => reader.feed(bytes(c)));
  expect(all).toEqual([{ kind: "ack" }, packet("qC"), { kind: "nak" }, { kind: "interrupt" }, packet("m0,1")]);
});

test("damaged packets are told, and a packet that begins anew counts", () => {
  const reader = new PacketReader();
  expect(reader.feed(bytes("$qC#b5"))).toEqual([{ kind: "damaged" }]);
  expect(reader.feed(bytes("$qC#zz"))).toEqual([{ kind: "damaged" }]);
  expect(reader.feed(bytes("$lost$qC#b4"))).toEqual([packet("qC")]);
});

test("packets that are too long take no memory, and the next one is good", () => {
  const reader = new PacketReader();
  reader.feed(bytes("$"));
  const piece = new Uint8Array(PACKET_SIZE).fill(0x61);
  for (let i = 0; i < 8; i++) expect(reader.feed(piece)).toEqual([]);
  expect(reader.feed(bytes("#00"))).toEqual([{ kind: "damaged" }]);
  expect(reader.feed(bytes("$?#3f"))).toEqual([packet("?")]);
});

test("any bytes go through", () => {
  const text = String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i));
  expect(new PacketReader().feed(encodePacket(text))).toEqual([packet(text)]);
});

test("hexadecimal numbers and bytes", () => {
  expect(fromHex("00ff7f")).toEqual(Uint8Array.of(0, 255, 127));
  expect([fromHex("0"), fromHex("0g")]).toEqual([undefined, undefined]);
  expect([hexNumber("7fff"), hexNumber(""), hexNumber("-1"), hexNumber(undefined)]).toEqual([0x7fff, NaN, NaN, NaN]);
});

test("signals that GDB has a number for keep their meaning", () => {
  for (let n = 1; n <= 64; n++) if (n !== 16) expect(fromGdb(toGdb(n))).toBe(n);
  expect([toGdb(7), toGdb(10), toGdb(17), toGdb(34), fromGdb(200)]).toEqual([10, 30, 20, 46, 0]);
});

test("the description names each register once, in GDB's order", () => {
  const names = [...TARGET_XML.matchAll(/<reg name="(\w+)"/g)].map((m) => m[1]);
  expect(names).toEqual(REGISTERS.map((r) => r.name));
  expect(["rip", "st0", "xmm0", "mxcsr", "orig_rax", "fs_base"].map((n) => names.indexOf(n))).toEqual([
    16, 24, 40, 56, 57, 58,
  ]);
  expect(REGISTER_BYTES).toBe(17 * 8 + 7 * 4 + 8 * 10 + 8 * 4 + 16 * 16 + 4 + 3 * 8 + 16 * 16);
});
