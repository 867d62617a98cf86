import { expect, test } from "vitest";
import * as E from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import { Testbed } from "./testbed.ts";

const CREATE = F.O_CREAT | F.O_RDWR;

function write(bed: Testbed, fd: number, s: string) {
  return bed.call("write", fd, s, s.length);
}
function read(bed: Testbed, fd: number, n: number) {
  const at = bed.buffer(n);
  const r = bed.call("read", fd, at, n);
  return typeof r === "number" && r >= 0 ? bed.string(at, r) : r;
}

test("what is written is read", () => {
  const bed = new Testbed();
  const fd = bed.call("open", "/f", CREATE, 0o644) as number;
  expect(fd).toBe(3);
  expect(write(bed, fd, "hello")).toBe(5);
  expect(read(bed, fd, 10)).toBe("");
  expect(bed.call("lseek", fd, 1, F.SEEK_SET)).toBe(1);
  expect(read(bed, fd, 3)).toBe("ell");
  const at = bed.buffer(8);
  expect(bed.call("pread64", fd, at, 8, 3)).toBe(2);
  expect(read(bed, fd, 10)).toBe("o");
  expect(bed.call("pread64", fd, at, 8, -1)).toBe(-E.EINVAL);
  expect(bed.call("close", fd)).toBe(0);
  expect(bed.call("close", fd)).toBe(-E.EBADF);
});

test("standard output reaches the host", () => {
  const bed = new Testbed();
  expect(write(bed, 1, "hi")).toBe(2);
  expect(bed.stdio[1].written).toBe("hi");
});

test("memory that is not there", () => {
  const bed = new Testbed();
  const fd = bed.call("open", "/f", CREATE, 0o644) as number;
  write(bed, fd, "abcdef");
  bed.call("lseek", fd, 0, F.SEEK_SET);
  expect(bed.call("read", fd, bed.edge, 4)).toBe(-E.EFAULT);
  expect(bed.call("read", fd, bed.edge - 2, 4)).toBe(2);
  expect(read(bed, fd, 10)).toBe("cdef");
  expect(bed.call("write", fd, bed.edge - 3, 8)).toBe(3);
  expect(bed.call("write", fd, bed.edge, 8)).toBe(-E.EFAULT);
  expect(bed.call("open", bed.edge, 0)).toBe(-E.EFAULT);
});

test("open says no as Linux does", () => {
  const bed = new Testbed();
  bed.call("mkdir", "/d", 0o755);
  bed.call("symlink", "/nowhere", "/dangling");
  expect(bed.call("open", "/none", 0)).toBe(-E.ENOENT);
  expect(bed.call("open", "", 0)).toBe(-E.ENOENT);
  expect(bed.call("open", "/d", F.O_WRONLY)).toBe(-E.EISDIR);
  expect(bed.call("open", "/dangling", F.O_NOFOLLOW)).toBe(-E.ELOOP);
  expect(bed.call("open", "/dangling", F.O_CREAT | F.O_EXCL, 0)).toBe(-E.EEXIST);
  expect(bed.call("open", "/dangling", F.O_CREAT, 0o600)).toBe(3);
  expect(bed.call("access", "/nowhere", 0)).toBe(0);
  expect(bed.call("open", "/nowhere", F.O_DIRECTORY)).toBe(-E.ENOTDIR);
  expect(bed.call("openat", 77, "x", 0)).toBe(-E.EBADF);
  expect(bed.call("openat", 3, "x", 0)).toBe(-E.ENOTDIR);
});

test("names come and go", () => {
  const bed = new Testbed();
  bed.call("mkdir", "/a", 0o755);
  expect(bed.call("mkdir", "/a", 0o755)).toBe(-E.EEXIST);
  bed.call("close", bed.call("creat", "/a/f", 0o644) as number);
  expect(bed.call("rmdir", "/a")).toBe(-E.ENOTEMPTY);
  expect(bed.call("link", "/a/f", "/a/g")).toBe(0);
  expect(bed.call("rename", "/a/f", "/h")).toBe(0);
  expect(bed.call("renameat2", F.AT_FDCWD, "/h", F.AT_FDCWD, "/a/g", F.RENAME_NOREPLACE)).toBe(-E.EEXIST);
  expect(bed.call("rename", "/a", "/a/b")).toBe(-E.EINVAL);
  expect(bed.call("unlink", "/a")).toBe(-E.EISDIR);
  expect(bed.call("unlinkat", F.AT_FDCWD, "/a/g", F.AT_REMOVEDIR)).toBe(-E.ENOTDIR);
  expect(bed.call("unlink", "/a/g")).toBe(0);
  expect(bed.call("rmdir", "/a")).toBe(0);
  expect(bed.call("unlink", "/a/g")).toBe(-E.ENOENT);
});

test("links are read without a NUL and cut", () => {
  const bed = new Testbed();
  bed.call("symlink", "target", "/l");
  const at = bed.buffer(16);
  expect(bed.call("readlink", "/l", at, 16)).toBe(6);
  expect(bed.string(at, 7)).toBe("target\0");
  expect(bed.call("readlink", "/l", at, 3)).toBe(3);
  expect(bed.call("readlink", "/l", at, 0)).toBe(-E.EINVAL);
  expect(bed.call("readlink", "/", at, 3)).toBe(-E.EINVAL);
});

test("directories list themselves, their parent and what is in them", () => {
  const bed = new Testbed();
  bed.call("mkdir", "/d", 0o755);
  for (const n of ["x", "y"]) bed.call("mkdir", `/d/${n}`, 0o755);
  const fd = bed.call("open", "/d", F.O_DIRECTORY) as number;
  const at = bed.buffer(512);
  expect(bed.call("getdents64", fd, at, 10)).toBe(-E.EINVAL);
  const n = bed.call("getdents64", fd, at, 512) as number;
  const names: string[] = [];
  for (let p = at; p < at + n; p += bed.user.u16(p + 16)) names.push(bed.user.cstring(p + 19) ?? "");
  expect(names).toEqual([".", "..", "x", "y"]);
  expect(bed.call("getdents64", fd, at, 512)).toBe(0);
  bed.call("fchdir", fd);
  expect(bed.call("getcwd", at, 512)).toBe(3);
  expect(bed.string(at, 3)).toBe("/d\0");
  expect(bed.call("getcwd", at, 2)).toBe(-E.ERANGE);
});

test("attributes", () => {
  const bed = new Testbed();
  bed.call("umask", 0o027);
  const fd = bed.call("creat", "/f", 0o666) as number;
  const at = bed.buffer(144);
  const mode = () => {
    expect(bed.call("stat", "/f", at)).toBe(0);
    return bed.user.u32(at + 24);
  };
  expect(mode()).toBe(0o100640);
  expect(bed.call("fchmod", fd, 0o4711)).toBe(0);
  expect(bed.call("chown", "/f", 5, -1)).toBe(0);
  expect(mode()).toBe(0o100711);
  expect(bed.user.u32(at + 28)).toBe(5);
  expect(bed.call("ftruncate", fd, 100)).toBe(0);
  expect(bed.call("truncate", "/f", -1)).toBe(-E.EINVAL);
  mode();
  expect(bed.user.u64(at + 48)).toBe(100);
  const times = bed.buffer(32);
  bed.user.setU64(times, 1);
  bed.user.setU64(times + 16, 2);
  bed.user.setU64(times + 24, 0x3ffffffe);
  expect(bed.call("utimensat", F.AT_FDCWD, "/f", times, 0)).toBe(0);
  mode();
  expect(bed.user.u64(at + 72)).toBe(1);
  expect(bed.user.u64(at + 88)).toBeGreaterThan(1_600_000_000);
});
