import { expect, test } from "vitest";
import { EACCES, ENOENT } from "../abi/errno.ts";
import { findProgram } from "./find-program.ts";
import { Testbed } from "./sys/testbed.ts";

function tree(): (name: string, path?: string) => string | number {
  const bed = new Testbed();
  for (const dir of ["/a", "/b", "/home", "/b/folder"]) bed.call("mkdir", dir, 0o755);
  const make = (path: string, mode: number) => bed.call("close", bed.call("creat", path, mode) as number);
  make("/a/tool", 0o644);
  make("/b/tool", 0o755);
  make("/b/port.com", 0o755);
  make("/a/plain", 0o644);
  make("/home/here", 0o755);
  bed.call("chdir", "/home");
  const { fs, cred } = bed.task;
  return (name, path) => {
    const found = findProgram(bed.kernel.vfs, { root: fs.root, cwd: fs.cwd, cred }, name, path);
    return typeof found === "number" ? found : found.path;
  };
}

test("the first executable file in $PATH is the program", () => {
  const find = tree();
  expect(find("tool", "/a:/b")).toBe("/b/tool");
  expect(find("plain", "/a:/b")).toBe(-EACCES);
  expect(find("folder", "/a:/b")).toBe(-ENOENT);
  expect(find("nothing", "/a:/b")).toBe(-ENOENT);
});

test("the working directory comes first, and .com may be left out", () => {
  const find = tree();
  expect(find("here", "/a")).toBe("here");
  expect(find("port", "/a:/b")).toBe("/b/port.com");
});

test("a name with a slash is a path", () => {
  const find = tree();
  expect(find("/b/tool")).toBe("/b/tool");
  expect(find("../a/tool")).toBe(-EACCES);
  expect(find("/b/folder")).toBe(-EACCES);
  expect(find("./tool", "/b")).toBe(-ENOENT);
});
