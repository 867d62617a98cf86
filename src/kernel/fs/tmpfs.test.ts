import { describe, expect, it } from "vitest";
import * as E from "../../abi/errno.ts";
import * as O from "../../abi/fcntl.ts";
import { MemoryHost } from "../../platform/memory/host.ts";
import { bytes, ok, readAll, testTree } from "./fixture.ts";

const { tree, ctx, frames } = testTree(new MemoryHost());
const { vfs } = tree;
const open = (p: string, flags: number, mode = 0o644) => vfs.open(ctx, vfs.root, p, flags, mode);

describe("tmpfs", () => {
  it("is the root of a host without files, with /dev mounted though nobody made it", () => {
    const d = ok(open("/", O.O_RDONLY));
    expect(ok(d.readdir?.() ?? -1).map((e) => e.name)).toEqual([".", "..", "dev"]);
    expect(readAll(ok(open("/dev/null", O.O_RDONLY)))).toBe("");
    expect(ok(open("/dev/full", O.O_WRONLY)).write(bytes("x"))).toBe(-E.ENOSPC);
    ok(open("/dev/shm/x", O.O_CREAT | O.O_RDWR)).close();
    expect(vfs.rmdir(ctx, vfs.root, "/dev/shm")).toBe(-E.EBUSY);
  });
  it("holds sparse files", () => {
    const f = ok(open("/sparse", O.O_CREAT | O.O_RDWR));
    expect(f.write(bytes("end"), 1e12)).toBe(3);
    expect(ok(f.stat()).size).toBe(1e12 + 3);
    const b = new Uint8Array(8);
    expect(f.read(b, 1e12 - 5)).toBe(8);
    expect([...b]).toEqual([0, 0, 0, 0, 0, ...bytes("end")]);
    expect(f.truncate?.(1)).toBe(0);
    expect(f.truncate?.(10)).toBe(0);
    expect(readAll(f)).toBe("\0".repeat(10));
  });
  it("shares frames between mappings and descriptors", () => {
    const f = ok(open("/mapped", O.O_CREAT | O.O_RDWR));
    f.write(bytes("hello"));
    const frame = f.page?.(0) ?? 0;
    frames.ram.u8[frame] = 0x4a;
    const g = ok(open("/mapped", O.O_RDWR));
    expect(readAll(g)).toBe("Jello");
    g.write(bytes("y"), 4);
    expect(frames.ram.u8[frame + 4]).toBe(0x79);
    expect(g.page?.(0)).toBe(frame);
    frames.release(frame);
    frames.release(frame);
    expect(tree.cache.reclaim()).toBe(0);
    const used = frames.used;
    expect(vfs.unlink(ctx, vfs.root, "/mapped")).toBe(0);
    f.close();
    g.close();
    expect(frames.used).toBe(used - 1);
  });
  it("links, renames and counts links", () => {
    expect(vfs.mkdir(ctx, vfs.root, "/a", 0o755)).toBe(0);
    expect(vfs.mkdir(ctx, vfs.root, "/a/b", 0o755)).toBe(0);
    const nlink = (p: string) => ok(ok(vfs.resolve(ctx, vfs.root, p)).inode.stat()).nlink;
    expect([nlink("/a"), nlink("/a/b")]).toEqual([3, 2]);
    expect(vfs.rename(ctx, vfs.root, "/a/b", vfs.root, "/c")).toBe(0);
    expect(nlink("/a")).toBe(2);
    ok(open("/a/f", O.O_CREAT)).close();
    expect(vfs.rename(ctx, vfs.root, "/c", vfs.root, "/a")).toBe(-E.ENOTEMPTY);
    expect(vfs.rename(ctx, vfs.root, "/a/f", vfs.root, "/c", O.RENAME_EXCHANGE)).toBe(0);
    expect(ok(vfs.resolve(ctx, vfs.root, "/a/f")).inode.type).toBe(0o040000);
    expect(vfs.rename(ctx, vfs.root, "/c", vfs.root, "/d", O.RENAME_NOREPLACE)).toBe(0);
    expect(vfs.link(ctx, ok(vfs.resolve(ctx, vfs.root, "/d")), vfs.root, "/e")).toBe(0);
    expect(nlink("/e")).toBe(2);
  });
});
