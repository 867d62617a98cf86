import { describe, expect, it } from "vitest";
import * as E from "../abi/errno.ts";
import * as O from "../abi/fcntl.ts";
import { bytes, cred, ok, readAll, testTree } from "../kernel/fs/fixture.ts";
import { TmpFileSystem } from "../kernel/fs/tmpfs.ts";
import { MemoryHost } from "../platform/memory/host.ts";
import { MS_RDONLY } from "./mount.ts";
import { lookupChild } from "./path.ts";
import { type Dentry, placePath } from "./place.ts";

function machine() {
  const { tree, ctx } = testTree(new MemoryHost());
  const { vfs } = tree;
  const open = (p: string, flags = 0, mode = 0o644, c = ctx) => vfs.open(c, c.cwd, p, flags, mode);
  const at = (p: string, c = ctx) => ok(vfs.resolve(c, c.cwd, p)) as Dentry;
  const mkdir = (p: string) => expect(vfs.mkdir(ctx, vfs.root, p, 0o755)).toBe(0);
  const write = (p: string, s: string) => {
    const f = ok(open(p, O.O_CREAT | O.O_WRONLY | O.O_TRUNC));
    f.write(bytes(s));
    f.close();
  };
  const memory = () => new TmpFileSystem(tree.cache, tree.devices, () => 0n, 99);
  return { tree, ctx, vfs, open, at, mkdir, write, memory };
}

describe("paths", () => {
  it("follow links, also in the middle and through ..", () => {
    const m = machine();
    m.mkdir("/a");
    m.mkdir("/a/b");
    m.write("/a/f", "found");
    m.vfs.symlink(m.ctx, "a/b", m.vfs.root, "/l");
    m.vfs.symlink(m.ctx, "../f", m.vfs.root, "/a/b/up");
    expect(readAll(ok(m.open("/l/../f")))).toBe("found");
    expect(readAll(ok(m.open("l/up")))).toBe("found");
    expect(readAll(ok(m.open("//a/.///b/./up")))).toBe("found");
    expect(placePath(m.at("/l"))).toBe("/a/b");
    expect(placePath(m.at("/l/"))).toBe("/a/b");
    expect(m.vfs.resolve(m.ctx, m.vfs.root, "/a/f/")).toBe(-E.ENOTDIR);
    expect(m.vfs.resolve(m.ctx, m.vfs.root, "/a/f/..")).toBe(-E.ENOTDIR);
    expect(m.vfs.resolve(m.ctx, m.vfs.root, "")).toBe(-E.ENOENT);
    expect(m.vfs.resolve(m.ctx, m.vfs.root, "/".padEnd(4096, "x"))).toBe(-E.ENAMETOOLONG);
  });
  it("give up after 40 links", () => {
    const m = machine();
    m.write("/end", "");
    for (let i = 0; i < 41; i++) m.vfs.symlink(m.ctx, i === 0 ? "end" : `l${i - 1}`, m.vfs.root, `/l${i}`);
    expect(typeof m.vfs.resolve(m.ctx, m.vfs.root, "/l39")).toBe("object");
    expect(m.vfs.resolve(m.ctx, m.vfs.root, "/l40")).toBe(-E.ELOOP);
  });
  it("stay below a changed root", () => {
    const m = machine();
    m.mkdir("/jail");
    m.mkdir("/jail/etc");
    m.write("/jail/etc/x", "inside");
    m.write("/x", "outside");
    m.vfs.symlink(m.ctx, "/etc/x", m.vfs.root, "/jail/abs");
    m.vfs.symlink(m.ctx, "../../../x", m.vfs.root, "/jail/rel");
    const jail = m.at("/jail");
    const inside = { root: jail, cwd: jail, cred: cred() };
    expect(readAll(ok(m.open("/abs", 0, 0, inside)))).toBe("inside");
    expect(m.open("/rel", 0, 0, inside)).toBe(-E.ENOENT);
    expect(m.at("/../..", inside)).toBe(jail);
    expect(placePath(m.at("etc", inside), jail)).toBe("/etc");
    expect(placePath(m.at("/"), jail)).toBeUndefined();
  });
  it("answer as Linux does when a name is there already or cannot be", () => {
    const m = machine();
    m.mkdir("/d");
    m.write("/f", "");
    const { vfs, ctx } = m;
    expect(vfs.mkdir(ctx, vfs.root, "/d/.", 0o755)).toBe(-E.EEXIST);
    expect(vfs.mkdir(ctx, vfs.root, "/", 0o755)).toBe(-E.EEXIST);
    expect(vfs.mkdir(ctx, vfs.root, "/new/", 0o755)).toBe(0);
    expect(vfs.mknod(ctx, vfs.root, "/file/", 0o100644, 0)).toBe(-E.ENOENT);
    expect(vfs.rmdir(ctx, vfs.root, "/d/.")).toBe(-E.EINVAL);
    expect(vfs.rmdir(ctx, vfs.root, "/d/..")).toBe(-E.ENOTEMPTY);
    expect(vfs.rmdir(ctx, vfs.root, "/")).toBe(-E.EBUSY);
    expect(vfs.rename(ctx, vfs.root, "/d/.", vfs.root, "/e")).toBe(-E.EBUSY);
    expect(vfs.rename(ctx, vfs.root, "/d", vfs.root, "/f")).toBe(-E.ENOTDIR);
    expect(vfs.rename(ctx, vfs.root, "/f", vfs.root, "/d")).toBe(-E.EISDIR);
    expect(m.open("/newfile/", O.O_CREAT | O.O_WRONLY)).toBe(-E.EISDIR);
    expect(m.open("/d", O.O_CREAT | O.O_WRONLY)).toBe(-E.EISDIR);
    expect(vfs.link(ctx, m.at("/d"), vfs.root, "/d2")).toBe(-E.EPERM);
  });
});

describe("mounts", () => {
  it("are crossed both ways and hide what they cover", () => {
    const m = machine();
    m.mkdir("/mnt");
    m.mkdir("/mnt/d");
    m.write("/mnt/d/covered", "");
    m.vfs.mounts.mount(m.at("/mnt"), "d", m.memory(), "tmpfs");
    expect(m.open("/mnt/d/covered")).toBe(-E.ENOENT);
    m.write("/mnt/d/x", "mounted");
    expect(readAll(ok(m.open("/mnt/d/x")))).toBe("mounted");
    expect(m.at("/mnt/d/..")).toBe(m.at("/mnt"));
    expect(placePath(m.at("/mnt/d/x"))).toBe("/mnt/d/x");
    expect(m.vfs.rename(m.ctx, m.vfs.root, "/mnt/d/x", m.vfs.root, "/x")).toBe(-E.EXDEV);
    expect(m.vfs.rmdir(m.ctx, m.vfs.root, "/mnt/d")).toBe(-E.EBUSY);
    expect(m.vfs.mounts.unmount(m.at("/mnt"))).toBe(-E.EINVAL);
    expect(m.vfs.mounts.unmount(m.at("/mnt/d"))).toBe(0);
    expect(typeof m.open("/mnt/d/covered")).toBe("object");
  });
  it("can be stacked, bound and read-only", () => {
    const m = machine();
    m.mkdir("/src");
    m.write("/src/f", "1");
    const { mounts } = m.vfs;
    mounts.mount(m.vfs.root, "bound", m.at("/src").inode.fs, "/src", MS_RDONLY, m.at("/src").inode);
    expect(readAll(ok(m.open("/bound/f")))).toBe("1");
    expect(m.open("/bound/f", O.O_WRONLY)).toBe(-E.EROFS);
    expect(m.vfs.unlink(m.ctx, m.vfs.root, "/bound/f")).toBe(-E.EROFS);
    expect(m.vfs.mkdir(m.ctx, m.vfs.root, "/bound/d", 0o755)).toBe(-E.EROFS);
    mounts.mount(m.vfs.root, "bound", m.memory(), "tmpfs");
    expect(m.open("/bound/f")).toBe(-E.ENOENT);
    expect(mounts.unmount(m.at("/bound"))).toBe(0);
    expect(readAll(ok(m.open("/bound/f")))).toBe("1");
  });
  it("are copied with their namespace, and then go their own way", () => {
    const m = machine();
    m.mkdir("/a");
    m.mkdir("/a/b");
    m.vfs.mounts.mount(m.at("/a"), "b", m.memory(), "tmpfs");
    m.write("/a/b/f", "1");
    const { table, place } = m.vfs.mounts.copy();
    const inside = { root: table.root, cwd: table.root, cred: cred() };
    expect(readAll(ok(m.open("/a/b/f", 0, 0, inside)))).toBe("1");
    expect(place(m.at("/a/b"))).toBe(m.at("/a/b", inside));
    expect(table.unmount(m.at("/a/b", inside))).toBe(0);
    expect(m.open("/a/b/f", 0, 0, inside)).toBe(-E.ENOENT);
    expect(readAll(ok(m.open("/a/b/f")))).toBe("1");
  });
  it("can become the root", () => {
    const m = machine();
    const { mounts } = m.vfs;
    m.mkdir("/new");
    m.write("/outside", "");
    mounts.mount(m.vfs.root, "new", m.memory(), "tmpfs");
    m.mkdir("/new/old");
    const [oldRoot, newRoot] = [mounts.root, m.at("/new")];
    expect(mounts.pivot(oldRoot, oldRoot, m.at("/new/old"))).toBe(-E.EBUSY);
    expect(mounts.pivot(oldRoot, newRoot, m.at("/new/old"))).toBe(0);
    expect(mounts.root).toBe(newRoot);
    const inside = { root: newRoot, cwd: newRoot, cred: cred() };
    expect(m.at("/old", inside)).toBe(oldRoot);
    expect(placePath(m.at("/old/outside", inside), newRoot)).toBe("/old/outside");
    expect(mounts.unmount(m.at("/old", inside), true)).toBe(0);
  });
  it("show in listings even without a directory below", () => {
    const m = machine();
    m.vfs.mounts.mount(m.vfs.root, "nowhere", m.memory(), "tmpfs");
    const list = ok(ok(m.open("/")).readdir?.() ?? -1);
    expect(list.map((e) => e.name)).toContain("nowhere");
    expect(typeof lookupChild(m.vfs.root, "nowhere")).toBe("object");
  });
});

describe("permissions", () => {
  it("need search on the way, write for names, and mind the sticky bit", () => {
    const m = machine();
    m.mkdir("/closed");
    m.write("/closed/f", "x");
    m.vfs.setattr(m.ctx, m.at("/closed"), { mode: 0o700 });
    const user = { ...m.ctx, cred: cred(1000) };
    expect(m.open("/closed/f", 0, 0, user)).toBe(-E.EACCES);
    expect(m.open("/new", O.O_CREAT | O.O_WRONLY, 0o644, user)).toBe(-E.EACCES);
    expect(m.vfs.mkdir(user, m.vfs.root, "/dev/shm/mine", 0o755)).toBe(0);
    expect(ok(m.at("/dev/shm/mine").inode.stat()).uid).toBe(1000);
    const other = { ...m.ctx, cred: cred(1001) };
    expect(m.vfs.rmdir(other, m.vfs.root, "/dev/shm/mine")).toBe(-E.EPERM);
    expect(m.vfs.setattr(other, m.at("/dev/shm/mine"), { mode: 0 })).toBe(-E.EPERM);
    expect(m.vfs.rmdir(user, m.vfs.root, "/dev/shm/mine")).toBe(0);
  });
});
