import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as E from "../../abi/errno.ts";
import * as O from "../../abi/fcntl.ts";
import { NodeHost } from "../../platform/node/host.ts";
import { bytes, cred, ok, readAll, testTree } from "./fixture.ts";

const host = new NodeHost(() => {});
const { tree, ctx, frames } = testTree(host);
const { vfs } = tree;
let dir = "";
const at = (name: string) => `${dir}/${name}`;
const open = (name: string, flags: number, mode = 0o644) => vfs.open(ctx, vfs.root, at(name), flags, mode);

beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), "hostfs-"));
});
afterEach(() => {
  fs.rmSync(dir, { recursive: true, force: true });
});

describe("files of the host", () => {
  it("creates, writes, reads and appends", () => {
    const f = ok(open("a", O.O_CREAT | O.O_RDWR, 0o640));
    expect(f.write(bytes("hello world"))).toBe(11);
    expect(f.pos).toBe(11);
    expect(f.seek(6, O.SEEK_SET)).toBe(6);
    expect(readAll(f)).toBe("world");
    expect(f.describe()).toBe(at("a"));
    const st = ok(f.stat());
    expect([st.size, st.mode & 0o7777, st.ino]).toEqual([11, 0o640, fs.statSync(at("a")).ino]);
    f.close();
    const g = ok(open("a", O.O_WRONLY | O.O_APPEND));
    fs.appendFileSync(at("a"), "!");
    expect(g.write(bytes("?"))).toBe(1);
    expect(g.pos).toBe(13);
    expect(fs.readFileSync(at("a"), "utf8")).toBe("hello world!?");
    g.close();
  });
  it("honours O_EXCL, O_TRUNC, O_DIRECTORY, O_NOFOLLOW and trailing slashes", () => {
    fs.writeFileSync(at("f"), "12345");
    fs.symlinkSync("f", at("l"));
    fs.symlinkSync("nowhere", at("dangling"));
    fs.symlinkSync("loop", at("loop"));
    expect(open("f", O.O_CREAT | O.O_EXCL)).toBe(-E.EEXIST);
    expect(open("dangling", O.O_CREAT | O.O_EXCL)).toBe(-E.EEXIST);
    expect(open("f", O.O_DIRECTORY)).toBe(-E.ENOTDIR);
    expect(open("f/", O.O_RDONLY)).toBe(-E.ENOTDIR);
    expect(open("l", O.O_NOFOLLOW)).toBe(-E.ELOOP);
    expect(open("loop", O.O_RDONLY)).toBe(-E.ELOOP);
    expect(open("none", O.O_RDONLY)).toBe(-E.ENOENT);
    expect(open("none/x", O.O_CREAT)).toBe(-E.ENOENT);
    expect(open("", O.O_WRONLY)).toBe(-E.EISDIR);
    expect(open("x".repeat(256), O.O_RDONLY)).toBe(-E.ENAMETOOLONG);
    ok(open("dangling", O.O_CREAT | O.O_WRONLY)).close();
    expect(fs.existsSync(at("nowhere"))).toBe(true);
    ok(open("l", O.O_WRONLY | O.O_TRUNC)).close();
    expect(fs.statSync(at("f")).size).toBe(0);
  });
  it("keeps unlinked files going", () => {
    const f = ok(open("gone", O.O_CREAT | O.O_RDWR));
    f.write(bytes("abc"));
    expect(vfs.unlink(ctx, vfs.root, at("gone"))).toBe(0);
    expect(open("gone", O.O_RDONLY)).toBe(-E.ENOENT);
    expect(f.describe()).toBe(`${at("gone")} (deleted)`);
    f.seek(0, O.SEEK_SET);
    expect(readAll(f)).toBe("abc");
    expect(ok(f.stat()).nlink).toBe(0);
    expect(f.inode?.setattr({ mode: 0o600, mtime: 5000000000n })).toBe(0);
    const st = ok(f.stat());
    expect([st.mode & 0o777, st.mtime]).toEqual([0o600, 5000000000n]);
    f.close();
  });
  it("follows renames of open files and directories", () => {
    expect(vfs.mkdir(ctx, vfs.root, at("d"), 0o755)).toBe(0);
    const f = ok(open("d/x", O.O_CREAT | O.O_RDWR));
    const d = ok(vfs.resolve(ctx, vfs.root, at("d")));
    expect(vfs.rename(ctx, vfs.root, at("d"), vfs.root, at("e"))).toBe(0);
    expect(f.describe()).toBe(at("e/x"));
    expect(d.name).toBe("e");
    expect(ok(d.inode.stat()).ino).toBe(fs.statSync(at("e")).ino);
    expect(vfs.rename(ctx, vfs.root, at("e"), vfs.root, at("e/sub"))).toBe(-E.EINVAL);
    expect(vfs.rename(ctx, vfs.root, at("none"), vfs.root, at("y"))).toBe(-E.ENOENT);
    expect(vfs.rmdir(ctx, vfs.root, at("e"))).toBe(-E.ENOTEMPTY);
    expect(vfs.rmdir(ctx, vfs.root, at("e/x"))).toBe(-E.ENOTDIR);
    expect(vfs.unlink(ctx, vfs.root, at("e"))).toBe(-E.EISDIR);
    f.close();
  });
  it("links, reads links and lists directories", () => {
    fs.writeFileSync(at("f"), "");
    const f = ok(vfs.resolve(ctx, vfs.root, at("f")));
    expect(vfs.link(ctx, f, vfs.root, at("g"))).toBe(0);
    expect(vfs.link(ctx, f, vfs.root, at("g"))).toBe(-E.EEXIST);
    expect(ok(vfs.resolve(ctx, vfs.root, at("g"))).inode).toBe(f.inode);
    expect(vfs.symlink(ctx, "f", vfs.root, at("s"))).toBe(0);
    expect(vfs.readlink(ctx, vfs.root, at("s"))).toBe("f");
    expect(vfs.readlink(ctx, vfs.root, at("f"))).toBe(-E.EINVAL);
    const d = ok(open("", O.O_RDONLY | O.O_DIRECTORY));
    const names = ok(d.readdir?.() ?? -1).map((e) => e.name);
    expect(names.sort()).toEqual([".", "..", "f", "g", "s"]);
    d.close();
  });
  it("takes names that are no UTF-8", () => {
    ok(open("\xff\xfe", O.O_CREAT | O.O_WRONLY)).close();
    expect(fs.readdirSync(dir, { encoding: "latin1" })).toEqual(["\xff\xfe"]);
    const d = ok(open("", O.O_RDONLY));
    expect(ok(d.readdir?.() ?? -1).map((e) => e.name)).toContain("\xff\xfe");
  });
  it("makes nameless files", () => {
    const f = ok(vfs.open(ctx, vfs.root, dir, O.O_TMPFILE | O.O_RDWR, 0o600));
    f.write(bytes("x"));
    expect(fs.readdirSync(dir)).toEqual([]);
    f.close();
  });
  it("keeps FIFOs in memory", () => {
    expect(vfs.mknod(ctx, vfs.root, at("p"), 0o010644, 0)).toBe(0);
    const r = ok(open("p", O.O_RDONLY | O.O_NONBLOCK));
    const w = ok(open("p", O.O_WRONLY));
    w.write(bytes("hi"));
    expect(readAll(r)).toBe("hi");
    expect(vfs.unlink(ctx, vfs.root, at("p"))).toBe(0);
    expect(open("p", O.O_RDONLY)).toBe(-E.ENOENT);
    r.close();
    w.close();
  });
});

describe("the page cache of host files", () => {
  const page = (frame: number, length: number) => String.fromCharCode(...frames.ram.u8.subarray(frame, frame + length));
  it("shows writes in mapped pages and stores in reads, and writes them back", () => {
    fs.writeFileSync(at("m"), "a".repeat(5000));
    const f = ok(open("m", O.O_RDWR));
    const frame = f.page?.(4096) ?? 0;
    expect(page(frame, 904)).toBe("a".repeat(904));
    expect(frames.ram.u8[frame + 904]).toBe(0);
    expect(f.page?.(8192)).toBe(0);
    f.write(bytes("bcd"), 4095);
    expect(page(frame, 3)).toBe("cda");
    frames.ram.u8[frame + 2] = 0x7a;
    f.dirty?.(4096);
    const b = new Uint8Array(6);
    expect(f.read(b, 4094)).toBe(6);
    expect(String.fromCharCode(...b)).toBe("abcdza");
    expect(fs.readFileSync(at("m"), "latin1").slice(4094, 4100)).toBe("abcdaa");
    expect(f.writeback?.(0, 8192)).toBe(0);
    expect(fs.readFileSync(at("m"), "latin1").slice(4094, 4100)).toBe("abcdza");
    expect(fs.statSync(at("m")).size).toBe(5000);
    frames.release(frame);
    f.close();
  });
  it("notices at open that the host changed the file", () => {
    fs.writeFileSync(at("c"), "old");
    const f = ok(open("c", O.O_RDONLY));
    const frame = f.page?.(0) ?? 0;
    fs.writeFileSync(at("c"), "newer");
    const g = ok(open("c", O.O_RDONLY));
    expect(readAll(g)).toBe("newer");
    expect(page(frame, 5)).toBe("newer");
    frames.release(frame);
    f.close();
    g.close();
  });
  it("zeroes what truncation cuts off", () => {
    fs.writeFileSync(at("t"), "x".repeat(100));
    const f = ok(open("t", O.O_RDWR));
    const frame = f.page?.(0) ?? 0;
    expect(f.truncate?.(10)).toBe(0);
    expect(f.truncate?.(20)).toBe(0);
    expect(page(frame, 12)).toBe(`${"x".repeat(10)}\0\0`);
    frames.release(frame);
    f.close();
  });
});

describe("permissions", () => {
  it("are checked for guests that are not root", () => {
    fs.writeFileSync(at("secret"), "x", { mode: 0o600 });
    fs.chmodSync(dir, 0o755);
    const user = { ...ctx, cred: cred(12345) };
    if (process.getuid?.() !== 0) return;
    expect(vfs.open(user, vfs.root, at("secret"), O.O_RDONLY, 0)).toBe(-E.EACCES);
    expect(vfs.open(user, vfs.root, at("new"), O.O_CREAT | O.O_WRONLY, 0o644)).toBe(-E.EACCES);
    expect(vfs.unlink(user, vfs.root, at("secret"))).toBe(-E.EACCES);
    fs.chmodSync(dir, 0o1777);
    expect(vfs.unlink(user, vfs.root, at("secret"))).toBe(-E.EPERM);
    ok(vfs.open(user, vfs.root, at("new"), O.O_CREAT | O.O_WRONLY, 0o644)).close();
    expect(fs.statSync(at("new")).uid).toBe(12345);
    expect(vfs.unlink(user, vfs.root, at("new"))).toBe(0);
    expect(vfs.access(user, ok(vfs.resolve(ctx, vfs.root, at("secret"))), O.R_OK)).toBe(-E.EACCES);
  });
});

describe("overlays", () => {
  it("take the first directory that has the path", () => {
    fs.mkdirSync(at("one/etc"), { recursive: true });
    fs.mkdirSync(at("two/etc"), { recursive: true });
    fs.writeFileSync(at("one/etc/a"), "1");
    fs.writeFileSync(at("two/etc/a"), "2");
    fs.writeFileSync(at("two/etc/b"), "2b");
    const { tree: t } = testTree(host, { overlays: [at("one"), at("two"), ""] });
    const c = { ...ctx, root: t.vfs.root, cwd: t.vfs.root };
    const read = (p: string) => readAll(ok(t.vfs.open(c, t.vfs.root, p, 0, 0)));
    expect([read("/etc/a"), read("/etc/b")]).toEqual(["1", "2b"]);
    expect(typeof t.vfs.resolve(c, t.vfs.root, at("one"))).toBe("object");
    ok(t.vfs.open(c, t.vfs.root, "/etc/new", O.O_CREAT | O.O_WRONLY, 0o644)).close();
    expect(fs.existsSync(at("one/etc/new"))).toBe(true);
  });
});
