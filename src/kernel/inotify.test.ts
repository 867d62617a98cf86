import { describe, expect, it } from "vitest";
import * as E from "../abi/errno.ts";
import { O_CREAT, O_WRONLY } from "../abi/fcntl.ts";
import * as IN from "../abi/inotify.ts";
import { MemoryHost } from "../platform/memory/host.ts";
import { bytes, ok, testTree, text } from "./fs/fixture.ts";
import { InotifyFile } from "./inotify.ts";

/** Events as [wd, mask, name], and whether a cookie came along. */
function events(file: InotifyFile): [number, number, string][] {
  const into = new Uint8Array(4096);
  const n = file.read(into);
  const out: [number, number, string][] = [];
  const v = new DataView(into.buffer);
  for (let at = 0; at < n; at += 16 + v.getUint32(at + 12, true)) {
    const name = text(into.subarray(at + 16, at + 16 + v.getUint32(at + 12, true))).replace(/\0+$/, "");
    out.push([v.getInt32(at, true), v.getUint32(at + 4, true), name]);
  }
  return out;
}

describe("inotify", () => {
  it("reports what happens in a directory and to a file", () => {
    const { tree, ctx } = testTree(new MemoryHost());
    const { vfs } = tree;
    const watch = new InotifyFile(0, () => Date.now());
    expect(watch.read(new Uint8Array(100))).toBe(-E.EAGAIN);
    expect(watch.add(vfs.root.inode, IN.IN_ALL_EVENTS)).toBe(1);
    const f = ok(vfs.open(ctx, vfs.root, "/f", O_CREAT | O_WRONLY, 0o644));
    f.write(bytes("x"));
    f.write(bytes("y"));
    f.close();
    expect(watch.read(new Uint8Array(8))).toBe(-E.EINVAL);
    expect(events(watch)).toEqual([
      [1, IN.IN_CREATE, "f"],
      [1, IN.IN_OPEN, "f"],
      [1, IN.IN_MODIFY, "f"],
      [1, IN.IN_CLOSE_WRITE, "f"],
    ]);
    const inode = ok(vfs.resolve(ctx, vfs.root, "/f")).inode;
    expect(watch.add(inode, IN.IN_DELETE_SELF)).toBe(2);
    expect(watch.add(inode, IN.IN_DELETE_SELF | IN.IN_MASK_CREATE)).toBe(-E.EEXIST);
    vfs.mkdir(ctx, vfs.root, "/d", 0o755);
    vfs.rename(ctx, vfs.root, "/f", vfs.root, "/d/g");
    expect(events(watch)).toEqual([
      [1, IN.IN_CREATE | IN.IN_ISDIR, "d"],
      [1, IN.IN_MOVED_FROM, "f"],
    ]);
    vfs.unlink(ctx, vfs.root, "/d/g");
    expect(events(watch)).toEqual([
      [2, IN.IN_DELETE_SELF, ""],
      [2, IN.IN_IGNORED, ""],
    ]);
    expect(watch.remove(2)).toBe(-E.EINVAL);
    expect(watch.remove(1)).toBe(0);
    expect(events(watch)).toEqual([[1, IN.IN_IGNORED, ""]]);
    watch.close();
  });
});
