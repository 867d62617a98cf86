/** GDB's protocol without GDB: packets by hand, also such as no debugger would send. */
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import type { Debugger } from "../../src/debug/debugger.ts";
import { encodePacket, fromHex, hexToText, PacketReader, textToHex } from "../../src/debug/gdb/packet.ts";
import { REGISTER_BYTES } from "../../src/debug/gdb/registers.ts";
import { Session } from "../../src/debug/gdb/session.ts";
import type { OutsideFiles } from "../../src/debug/outside.ts";
import { makeSymbols } from "../../src/debug/symbols/symbols.ts";
import { buildGuest } from "../harness/guest.ts";
import { missing } from "../harness/needs.ts";
import { debugged } from "./in-process.ts";

const lacking = missing(["gcc"]);
const run = lacking ? test.skip : test;
const suffix = lacking ? ` (no ${lacking})` : "";

const FEATURES = "qSupported:multiprocess+;swbreak+;hwbreak+;fork-events+;exec-events+";

/** The debugger's end of a session. */
class Client {
  readonly debuggee: Debugger;
  readonly files: OutsideFiles;
  readonly session: Session;
  private readonly reader = new PacketReader();
  private readonly replies: string[] = [];
  private waiting: ((reply: string) => void) | undefined;

  constructor(source: string, args: string[] = [], build = "gcc -g -O0 -pthread") {
    const path = fileURLToPath(new URL(source, import.meta.url));
    const { debuggee, files } = debugged(buildGuest(path, build), args);
    this.debuggee = debuggee;
    this.files = files;
    this.session = new Session(debuggee, files, (bytes) => this.got(bytes));
  }
  private got(bytes: Uint8Array): void {
    for (const r of this.reader.feed(bytes)) {
      if (r.kind !== "packet") continue;
      if (this.waiting) this.waiting(r.text);
      else this.replies.push(r.text);
      this.waiting = undefined;
    }
  }
  next(): Promise<string> {
    const reply = this.replies.shift();
    if (reply !== undefined) return Promise.resolve(reply);
    return new Promise((resolve) => {
      this.waiting = resolve;
    });
  }
  /** Asks, past whatever is still being answered. */
  async askUntil(text: string, answer: string): Promise<void> {
    let reply = await this.ask(text);
    while (reply !== answer) reply = await this.next();
  }
  ask(text: string): Promise<string> {
    this.session.feed(encodePacket(text));
    return this.next();
  }
}

let client: Client | undefined;
afterEach(() => client?.session.closed());

async function connect(source: string, args: string[] = []): Promise<Client> {
  client = new Client(source, args);
  const features = await client.ask(FEATURES);
  for (const f of ["PacketSize=20000", "multiprocess+", "swbreak+", "qXfer:features:read+"])
    expect(features).toContain(f);
  return client;
}

run(`a breakpoint, registers, memory and the end${suffix}`, async () => {
  const c = await connect("threads.c");
  expect(await c.ask("?")).toMatch(/^T05thread:p64\.64;/);
  const symbols = makeSymbols();
  const { task } = c.debuggee;
  if (!task) throw new Error("no task");
  const main = symbols.addressOf(task, "main") ?? 0;
  expect(await c.ask(`Z0,${main.toString(16)},1`)).toBe("OK");
  expect(await c.ask("vCont;c")).toMatch(/^T05swbreak:;thread:p64\.64;core:0;/);
  const rip = await c.ask("p10");
  expect(new DataView((fromHex(rip) ?? new Uint8Array()).buffer).getBigUint64(0, true)).toBe(BigInt(main));
  expect(await c.ask("g")).toHaveLength(REGISTER_BYTES * 2);
  expect(await c.ask(`m${main.toString(16)},4`)).toBe("554889e5");
  expect(await c.ask(`x${main.toString(16)},2`)).toBe("bUH");
  expect(await c.ask("m0,4")).toBe("E0e");
  // A register and memory change and stay so.
  expect(await c.ask("P3=0102030405060708")).toBe("OK");
  expect(await c.ask("p3")).toBe("0102030405060708");
  expect(await c.ask("P28=000102030405060708090a0b0c0d0e0f")).toBe("OK");
  expect(await c.ask("p28")).toBe("000102030405060708090a0b0c0d0e0f");
  const shared = (symbols.addressOf(task, "shared") ?? 0).toString(16);
  expect(await c.ask(`M${shared},4:0a000000`)).toBe("OK");
  expect(await c.ask(`Z2,${shared},4`)).toBe("OK");
  expect(await c.ask(`z0,${main.toString(16)},1`)).toBe("OK");
  expect(await c.ask("vCont;c")).toMatch(new RegExp(`^T05watch:${shared};thread:p64\\.65;`));
  expect(await c.ask("qfThreadInfo")).toMatch(/^mp64\.64,p64\.65/);
  expect(await c.ask("Tp64.65")).toBe("OK");
  expect(await c.ask("Tp64.99")).toBe("E01");
  expect(await c.ask("Hgp64.64")).toBe("OK");
  expect(hexToText(await c.ask("qThreadExtraInfo,p64.64"))).toMatch(/^threads/);
  expect(await c.ask(`z2,${shared},4`)).toBe("OK");
  expect(await c.ask("vCont;c")).toBe("W00;process:64");
});

run(`signals stop, and are delivered or not as the debugger says${suffix}`, async () => {
  const c = await connect("threads.c", ["abort"]);
  expect(await c.ask("vCont;c")).toMatch(/^T06thread:p64\.64;/);
  expect((await c.ask("qXfer:siginfo:read::0,80")).slice(0, 5)).toBe("l\x06\0\0\0");
  expect(await c.ask("vCont;C06")).toBe("X06;process:64");
  const d = await connect("threads.c", ["abort"]);
  expect(await d.ask("QPassSignals:6")).toBe("OK");
  expect(await d.ask("vCont;c")).toBe("X06;process:64");
});

run(`back and forth, and system calls${suffix}`, async () => {
  const c = await connect("threads.c");
  expect(await c.ask(FEATURES)).toContain("ReverseContinue+");
  expect(await c.ask("bs")).toMatch(/^T05replaylog:begin;thread:p64\.64;/);
  // exit_group
  expect(await c.ask("QCatchSyscalls:1;e7")).toBe("OK");
  expect(await c.ask("vCont;c")).toMatch(/^T05syscall_entry:e7;thread:p64\.64;/);
  const end = c.debuggee.position;
  expect(await c.ask("bs")).toMatch(/^T05thread:p64\.64;/);
  expect(c.debuggee.position).toBe(end - 1);
  expect(await c.ask("QCatchSyscalls:0")).toBe("OK");
  expect(await c.ask("QCatchSyscalls:x")).toBe("E01");
  expect(await c.ask("bc")).toMatch(/^T05replaylog:begin;thread:p64\.64;/);
  expect(c.debuggee.position).toBe(0);
  expect(await c.ask("vCont;c")).toBe("W00;process:64");
});

run(`objects that are read in pieces${suffix}`, async () => {
  const c = await connect("frames.c");
  let xml = "";
  for (let last = ""; last !== "l"; ) {
    const piece = await c.ask(`qXfer:features:read:target.xml:${xml.length.toString(16)},400`);
    last = piece[0];
    xml += piece.slice(1);
  }
  expect(xml).toMatch(/^<\?xml.*<\/target>$/s);
  expect(await c.ask("qXfer:exec-file:read:64:0,1000")).toMatch(/^l\/.*frames$/);
  expect((await c.ask("qXfer:auxv:read::0,1000")).length % 16).toBe(1);
  expect(await c.ask("qXfer:threads:read::0,1000")).toContain('id="p64.64"');
  expect(await c.ask("qXfer:libraries-svr4:read::0,1000")).toBe(
    'l<library-list-svr4 version="1.0"></library-list-svr4>',
  );
  expect(await c.ask("qXfer:memory-map:read::0,1000")).toBe("");
  expect(await c.ask("qXfer:features:read:other.xml:0,1000")).toBe("E01");
});

run(`the guest's files can be read and not be written${suffix}`, async () => {
  const c = await connect("frames.c");
  const before = c.debuggee.recording?.tap.tape.length;
  expect(await c.ask("vFile:setfs:0")).toBe("F0");
  const fd = /^F(\w+)$/.exec(await c.ask(`vFile:open:${textToHex("/etc/passwd")},0,0`))?.[1];
  expect(await c.ask(`vFile:pread:${fd},5,0`)).toBe("F5;root:");
  expect((await c.ask(`vFile:fstat:${fd}`)).length).toBe(4 + 64);
  expect(await c.ask(`vFile:close:${fd}`)).toBe("F0");
  expect(await c.ask(`vFile:close:${fd}`)).toBe("F-1,9");
  expect(await c.ask(`vFile:open:${textToHex("/none")},0,0`)).toBe("F-1,2");
  expect(await c.ask(`vFile:open:${textToHex("/tmp/new")},201,1b6`)).toBe("F-1,d");
  expect(await c.ask(`vFile:readlink:${textToHex("/proc/self")}`)).toMatch(/^F/);
  const maps = /^F(\w+)$/.exec(await c.ask(`vFile:open:${textToHex("/proc/100/maps")},0,0`))?.[1];
  expect(await c.ask(`vFile:pread:${maps},4000,0`)).toMatch(/frames\n[\s\S]*\[stack\]/);
  expect(await c.ask(`vFile:readlink:${textToHex("/proc/100/exe")}`)).toMatch(/frames$/);
  // A link that leads to one of the host's files.
  const exe = /^F(\w+)$/.exec(await c.ask(`vFile:open:${textToHex("/proc/100/exe")},0,0`))?.[1];
  expect(await c.ask(`vFile:pread:${exe},4,0`)).toBe("F4;\x7fELF");
  expect(await c.ask(`vFile:open:${textToHex("/dev/null")},0,0`)).toMatch(/^F\w+$/);
  // Of all that the machine's recording knows nothing.
  expect(c.debuggee.recording?.tap.tape.length).toBe(before);
});

run(`nothing that is wrong ends a session${suffix}`, async () => {
  const c = await connect("frames.c");
  const wrong = [
    "",
    "Z",
    "Z0",
    "Z0,zz,1",
    "Z2,0,0",
    "Z9,1,1",
    "m",
    "m,",
    "mffffffffffffffff,8",
    "m0,ffffffffffff",
    "M1",
  ];
  wrong.push(
    "M0,1:",
    "X10,5:a",
    "P",
    "P999=00",
    "pfff",
    "G00",
    "g1",
    "H",
    "Hx1",
    "Hgp",
    "T",
    "vCont",
    "vCont;",
    "vCont;q",
  );
  wrong.push("vCont;c:pzz", "vFile:", "vFile:open", "vFile:pread:9", "qXfer", "qXfer:auxv:read::-1,5", "D;7777", "bx");
  wrong.push(
    "vKill;1",
    "vAttach;1",
    "qRcmd,zz",
    "Q",
    "qThreadExtraInfo,",
    "__proto__",
    "q__proto__",
    "qXfer:toString:read::0,1",
  );
  for (const text of wrong) expect(await c.ask(text), text).toMatch(/^(E..|F.*|OK||[0-9a-f]+)$/);
  c.session.feed(Uint8Array.from({ length: 5000 }, (_, i) => (i * 73 + (i >> 3)) & 255));
  c.session.feed(new Uint8Array([0x23, 0x30, 0x30]));
  await c.askUntil("qC", "QCp64.64");
  expect(hexToText(await c.ask(`qRcmd,${textToHex("help")}`))).toContain("position");
});

run(`stopping from outside, and a connection that is lost while the program runs${suffix}`, async () => {
  const c = await connect("endless.c");
  const running = c.ask("vCont;c");
  setTimeout(() => c.session.feed(Uint8Array.of(3)), 200);
  expect(await running).toMatch(/^T02thread:p64\.64;/);
  void c.ask("vCont;c");
  setTimeout(() => c.session.closed(), 200);
  expect(await c.session.over).toBe("closed");
  // The next debugger finds it where it stands.
  const again = new Session(c.debuggee, c.files, () => {});
  again.feed(encodePacket("k"));
  expect(await again.over).toBe("killed");
  expect(await c.debuggee.run()).toEqual({ kind: "end", status: { code: 0, signal: 9 } });
});
