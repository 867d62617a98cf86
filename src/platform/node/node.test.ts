import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import * as E from "../../abi/errno.ts";
import { O_CREAT, O_EXCL, O_RDWR } from "../../abi/fcntl.ts";
import { errnoOf } from "./errno.ts";
import { NodeFs } from "./fs.ts";
import { NodeHost } from "./host.ts";
import { NodeInput } from "./input.ts";

const dir = fs.mkdtempSync(path.join(os.tmpdir(), "node-"));
afterAll(() => fs.rmSync(dir, { recursive: true }));

describe("input of the host", () => {
  it("takes what was asked for, and waits without blocking", async () => {
    const fifo = path.join(dir, "fifo");
    execFileSync("mkfifo", [fifo]);
    const fd = fs.openSync(fifo, O_RDWR);
    let arrived = () => {};
    const input = new NodeInput(fd, false, () => arrived());
    const some = () => new Promise<void>((resolve) => (arrived = resolve));
    const into = new Uint8Array(4);
    const text = (n: number) => String.fromCharCode(...into.subarray(0, n));

    expect(input.readable()).toBe(false);
    expect(input.read(into)).toBe(-E.EAGAIN);
    const first = some();
    fs.writeSync(fd, "hello world");
    await first;
    expect(input.readable()).toBe(true);
    expect(text(input.read(into))).toBe("hell");
    expect(text(input.read(into))).toBe("o wo");
    // The rest is still there for others.
    const rest = Buffer.alloc(10);
    expect(fs.readSync(fd, rest, 0, 10, null)).toBe(3);
    expect(input.read(into)).toBe(-E.EAGAIN);
    input.close();
    fs.closeSync(fd);
  });
});

describe("files of the host", () => {
  const files = new NodeFs();
  it("fail with Linux's numbers", () => {
    const at = (name: string) => path.join(dir, name);
    expect(files.open(at("none"), 0, 0)).toBe(-E.ENOENT);
    const fd = files.open(at("f"), O_CREAT | O_EXCL | O_RDWR, 0o600);
    expect(fd).toBeGreaterThan(2);
    expect(files.open(at("f"), O_CREAT | O_EXCL | O_RDWR, 0o600)).toBe(-E.EEXIST);
    expect(files.mkdir(at("f"), 0o700)).toBe(-E.EEXIST);
    expect(files.rmdir(at("f"))).toBe(-E.ENOTDIR);
    expect(files.unlink(dir)).toBe(-E.EISDIR);
    expect(files.readlink(at("f"))).toBe(-E.EINVAL);
    expect(files.stat(at("f/x"), false)).toBeLessThan(0);
    expect(files.close(fd)).toBe(0);
    expect(files.fstat(fd)).toBe(-E.EBADF);
  });
  it("keep times to the nanosecond", () => {
    const file = path.join(dir, "t");
    fs.writeFileSync(file, "");
    expect(files.utimes(file, 1577934245678123457n, 1n, true)).toBe(0);
    const st = files.stat(file, false);
    expect(typeof st === "number" ? st : [st.atime, st.mtime]).toEqual([1577934245678123457n, 1n]);
  });
  it("errors without a known name are EIO", () => {
    expect([errnoOf(new Error("?")), errnoOf({ code: "ENOENT" })]).toEqual([E.EIO, E.EIO]);
  });
});

describe("the host", () => {
  it("sleeps until woken", async () => {
    const host = new NodeHost(() => {});
    const start = Date.now();
    const sleeping = host.sleep(60000);
    setTimeout(() => host.wake(), 5);
    await sleeping;
    host.wake();
    await host.sleep(60000);
    expect(Date.now() - start).toBeLessThan(5000);
    const bytes = new Uint8Array(70000);
    host.random(bytes);
    expect(bytes.subarray(65536).some((b) => b !== 0)).toBe(true);
  });
});
