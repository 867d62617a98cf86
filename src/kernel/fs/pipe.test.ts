import { describe, expect, it } from "vitest";
import * as E from "../../abi/errno.ts";
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from "../../abi/poll.ts";
import { bytes, cred, readAll, text } from "./fixture.ts";
import { makePipe } from "./pipe.ts";

describe("pipes", () => {
  it("wrap around and keep order", () => {
    const [r, w] = makePipe(0, cred());
    let sent = "";
    let got = "";
    for (let i = 0; i < 200; i++) {
      const s = String(i).repeat(500);
      expect(w.write(bytes(s))).toBe(s.length);
      sent += s;
      const into = new Uint8Array(1000 + i);
      got += text(into.subarray(0, r.read(into)));
    }
    expect(got + readAll(r)).toBe(sent);
  });
  it("take small writes whole and large ones in part", () => {
    const [r, w] = makePipe(0, cred());
    expect(w.write(new Uint8Array(65536 - 100))).toBe(65436);
    expect(w.write(new Uint8Array(101))).toBe(-E.EAGAIN);
    expect(w.poll()).toBe(0);
    expect(w.write(new Uint8Array(5000))).toBe(100);
    expect(w.write(new Uint8Array(1))).toBe(-E.EAGAIN);
    expect(r.read(new Uint8Array(4096))).toBe(4096);
    expect(w.poll()).toBe(POLLOUT);
  });
  it("report hang-up and broken ends", () => {
    const [r, w] = makePipe(0, cred());
    expect(r.read(new Uint8Array(1))).toBe(-E.EAGAIN);
    w.write(bytes("x"));
    w.close();
    expect(r.poll()).toBe(POLLIN | POLLHUP);
    expect(r.read(new Uint8Array(9))).toBe(1);
    expect(r.read(new Uint8Array(9))).toBe(0);
    const [r2, w2] = makePipe(0, cred());
    r2.close();
    expect(w2.poll()).toBe(POLLOUT | POLLERR);
    expect(w2.write(bytes("x"))).toBe(-E.EPIPE);
  });
  it("change size", () => {
    const [r, w] = makePipe(0, cred());
    w.write(bytes("abc"));
    expect(w.pipe.setCapacity(5000)).toBe(8192);
    expect(w.pipe.setCapacity(1 << 21)).toBe(-E.EPERM);
    expect(w.write(new Uint8Array(20000))).toBe(8189);
    expect(readAll(r).length).toBe(8192);
  });
});
