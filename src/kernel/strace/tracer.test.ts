import { expect, test } from "vitest";
import * as F from "../../abi/fcntl.ts";
import { Testbed } from "../sys/testbed.ts";
import { Tracer } from "./tracer.ts";

/** Makes calls and returns what the tracer prints. */
function traced(run: (call: (name: string, ...args: (number | string)[]) => number, bed: Testbed) => void): string[] {
  const bed = new Testbed();
  const lines: string[] = [];
  const tracer = new Tracer(bed.kernel, (line) => lines.push(line), false);
  run((name, ...args) => {
    const call = bed.begin(name, ...args);
    tracer.enter(call);
    const result = call.run();
    if (typeof result !== "number") throw new Error(`${name} waits`);
    tracer.exit(call, result);
    return result;
  }, bed);
  return lines;
}

test("calls look as strace prints them", () => {
  const lines = traced((call, bed) => {
    const fd = call("openat", F.AT_FDCWD, "/f", F.O_CREAT | F.O_RDWR | F.O_CLOEXEC, 0o644);
    call("write", fd, 'a "line"\n\x01\x022', 12);
    call("fstat", fd, bed.buffer(144));
    call("lseek", fd, 1, F.SEEK_SET);
    call("read", fd, bed.buffer(4), 4);
    call("fcntl", fd, F.F_GETFD, 0);
    call("open", "/none", F.O_RDONLY, 0);
    call("mmap", 0, 4096, 3, 0x22, -1, 0);
    call("umask", 0o22);
  });
  expect(lines.map((l) => l.replace(/\s+=/, " ="))).toEqual([
    'openat(AT_FDCWD, "/f", O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 3',
    'write(3, "a \\"line\\"\\n\\1\\0022", 12) = 12',
    "fstat(3, {st_mode=S_IFREG|0644, st_size=12, ...}) = 0",
    "lseek(3, 1, SEEK_SET) = 1",
    'read(3, " \\"li", 4) = 4',
    "fcntl(3, F_GETFD) = 1",
    'open("/none", O_RDONLY) = -1 ENOENT (No such file or directory)',
    expect.stringMatching(/^mmap\(NULL, 4096, PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0\) = 0x7f/),
    "umask(022) = 022",
  ]);
});

test("short lines have their result in column 40", () => {
  const lines = traced((call) => call("close", 99));
  expect(lines).toEqual(["close(99)                               = -1 EBADF (Bad file descriptor)"]);
});
