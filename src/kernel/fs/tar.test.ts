import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { MemoryHost } from "../../platform/memory/host.ts";
import { ok, readAll, testTree } from "./fixture.ts";
import { readTar, unpackTar } from "./tar.ts";

/** An archive of a small tree made by the system's tar in the given format. */
function archive(format: string): Uint8Array {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "tar-"));
  const at = (name: string) => path.join(dir, name);
  fs.mkdirSync(at(`sub/${"d".repeat(120)}`), { recursive: true });
  fs.writeFileSync(at("a"), "contents of a", { mode: 0o750 });
  fs.writeFileSync(at(`sub/${"d".repeat(120)}/${"f".repeat(90)}`), "deep");
  fs.symlinkSync("x".repeat(150), at("long-link"));
  fs.symlinkSync("a", at("link"));
  fs.linkSync(at("a"), at("hard"));
  fs.writeFileSync(at("empty"), "");
  fs.utimesSync(at("a"), 1000, 1000);
  const names = ["a", "empty", "hard", "link", "long-link", "sub"];
  const out = execFileSync("tar", ["-c", `--format=${format}`, "-C", dir, ...names], { maxBuffer: 1 << 24 });
  fs.rmSync(dir, { recursive: true });
  return out;
}

describe("tar", () => {
  it.each(["gnu", "pax"])("unpacks what tar --format=%s packs", (format) => {
    const { tree, ctx } = testTree(new MemoryHost());
    const root = tree.memoryRoot;
    if (!root) throw new Error("no root in memory");
    unpackTar(root, archive(format));
    const read = (p: string) => readAll(ok(tree.vfs.open(ctx, tree.vfs.root, p, 0, 0)));
    expect(read("/a")).toBe("contents of a");
    expect(read("/link")).toBe("contents of a");
    expect(read("/empty")).toBe("");
    expect(read(`/sub/${"d".repeat(120)}/${"f".repeat(90)}`)).toBe("deep");
    expect(tree.vfs.readlink(ctx, tree.vfs.root, "/long-link")).toBe("x".repeat(150));
    const st = ok(ok(tree.vfs.resolve(ctx, tree.vfs.root, "/hard")).inode.stat());
    expect([st.nlink, st.mode & 0o777, st.mtime]).toEqual([2, 0o750, 1000000000000n]);
    // Written files no longer show the archive.
    const f = ok(tree.vfs.open(ctx, tree.vfs.root, "/a", 2, 0));
    f.write(new Uint8Array([65]), 0);
    expect(read("/hard")).toBe("Aontents of a");
  });
  it("says what is wrong", () => {
    expect(() => [...readTar(new Uint8Array(1024).fill(7))]).toThrow("no header");
    expect(() => [...readTar(archive("gnu").subarray(0, 520))]).toThrow("cut off");
  });
});
