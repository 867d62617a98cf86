import { describe, expect, it } from "vitest";
import * as E from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import * as I from "../../abi/ioctl.ts";
import * as T from "../../abi/termios.ts";
import { MemoryHost } from "../../platform/memory/host.ts";
import { MemoryStream } from "../../platform/memory/stream.ts";
import { bytes, ioctlMemory, ok, readAll, testTree, text } from "./fixture.ts";

function terminal() {
  const screen = new MemoryStream(true);
  const { tree } = testTree(new MemoryHost({ stdio: [screen, screen, screen] }));
  const [file] = tree.stdio;
  const read = () => {
    const into = new Uint8Array(100);
    const n = file.read(into);
    return n < 0 ? n : text(into.subarray(0, n));
  };
  const type = (s: string) => screen.feed(bytes(s));
  const signals: number[] = [];
  tree.terminals.connect({
    current: () => undefined,
    signalGroup: (_, s) => signals.push(s) > 0,
    ignores: () => false,
  });
  if (tree.terminals.host) tree.terminals.host.pgrp = 1;
  return { screen, file, tree, read, type, signals, shown: () => text(screen.output()) };
}

describe("pseudo-terminals", () => {
  it("connect a master and a slave", () => {
    const { tree, ctx } = testTree(new MemoryHost());
    const open = (p: string) => tree.vfs.open(ctx, tree.vfs.root, p, O_RDWR, 0);
    const io = ioctlMemory();
    const master = ok(open("/dev/ptmx"));
    expect(master.ioctl?.(I.TIOCGPTN, 0, io)).toBe(0);
    const name = `/dev/pts/${io.bytes[0]}`;
    expect(open(name)).toBe(-E.EIO);
    io.writeBytes(0, new Uint8Array(4));
    expect(master.ioctl?.(I.TIOCSPTLCK, 0, io)).toBe(0);
    const slave = ok(open(name));
    master.write(bytes("hi\n"));
    expect(readAll(slave)).toBe("hi\n");
    slave.write(bytes("out\n"));
    expect(readAll(master)).toBe("hi\r\nout\r\n");
    expect(master.read(new Uint8Array(1))).toBe(-E.EAGAIN);
    slave.close();
    expect(master.read(new Uint8Array(1))).toBe(-E.EIO);
    master.close();
    expect(open(name)).toBe(-E.ENOENT);
  });
});

describe("a terminal without a driver of its own", () => {
  it("edits lines", () => {
    const t = terminal();
    expect(t.file.describe()).toBe("/dev/pts/0");
    expect(t.read()).toBe(-E.EAGAIN);
    t.type("hellp\x7fo\r");
    expect(t.read()).toBe("hello\n");
    expect(t.shown()).toBe("hellp\b \bo\r\n");
    t.type("one two\x17three\x15x\n");
    expect(t.read()).toBe("x\n");
    t.type("ab\x04");
    expect(t.read()).toBe("ab");
    t.type("\x04");
    expect(t.read()).toBe("");
    expect(t.read()).toBe(-E.EAGAIN);
  });
  it("makes signals and maps output", () => {
    const t = terminal();
    t.type("lost\x03");
    expect(t.signals).toEqual([2]);
    expect(t.read()).toBe(-E.EAGAIN);
    t.file.write(bytes("a\nb"));
    expect(t.shown()).toBe("lost^Ca\r\nb");
  });
  it("gives raw bytes when told", () => {
    const t = terminal();
    const io = ioctlMemory();
    expect(t.file.ioctl?.(I.TCGETS, 0, io)).toBe(0);
    const modes = T.decodeTermios(io.bytes);
    modes.lflag &= ~(T.ICANON | T.ECHO | T.ISIG);
    modes.iflag &= ~T.ICRNL;
    modes.oflag &= ~T.OPOST;
    io.writeBytes(0, T.encodeTermios(modes, false));
    expect(t.file.ioctl?.(I.TCSETSF, 0, io)).toBe(0);
    t.type("a\x03\r");
    expect(t.read()).toBe("a\x03\r");
    t.file.write(bytes("\n"));
    expect(t.shown()).toBe("\n");
    expect(t.signals).toEqual([]);
    expect(t.file.ioctl?.(I.TIOCGWINSZ, 0, io)).toBe(0);
    expect([...io.bytes.subarray(0, 4)]).toEqual([24, 0, 80, 0]);
  });
});
