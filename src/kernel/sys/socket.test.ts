import { expect, test } from "vitest";
import * as E from "../../abi/errno.ts";
import { O_NONBLOCK } from "../../abi/fcntl.ts";
import * as S from "../../abi/socket.ts";
import { type Outcome, Testbed } from "./testbed.ts";

const parked = (r: Outcome): boolean => typeof r === "object";

/** A struct sockaddr_in of 127.0.0.1. */
function inet(bed: Testbed, port: number): number {
  const at = bed.buffer(16);
  bed.user.writeBytes(at, Uint8Array.of(S.AF_INET, 0, port >> 8, port & 255, 127, 0, 0, 1));
  return at;
}
/** A struct sockaddr_un and its length. */
function unix(bed: Testbed, path: string): [number, number] {
  const at = bed.buffer(110);
  const bytes = Uint8Array.from(path, (c) => c.charCodeAt(0));
  bed.user.writeBytes(at, Uint8Array.of(S.AF_UNIX, 0));
  bed.user.writeBytes(at + 2, bytes);
  return [at, 2 + bytes.length];
}
function open(bed: Testbed, domain: number, type: number): number {
  return bed.call("socket", domain, type, 0) as number;
}

test("a connection over the loopback", () => {
  const bed = new Testbed();
  const server = open(bed, S.AF_INET, S.SOCK_STREAM);
  const address = inet(bed, 8080);
  const client = open(bed, S.AF_INET, S.SOCK_STREAM);
  expect(bed.call("connect", client, address, 16)).toBe(-E.ECONNREFUSED);
  expect(bed.call("bind", server, address, 16)).toBe(0);
  expect(bed.call("bind", client, address, 16)).toBe(-E.EADDRINUSE);
  expect(bed.call("listen", server, 1)).toBe(0);
  const accept = bed.begin("accept", server, 0, 0);
  expect(parked(accept.run())).toBe(true);
  expect(bed.call("connect", client, address, 16)).toBe(0);
  expect(bed.call("connect", client, address, 16)).toBe(-E.EISCONN);
  const peer = accept.run() as number;
  expect(peer).toBeGreaterThan(client);
  expect(bed.call("write", client, "hello", 5)).toBe(5);
  const at = bed.buffer(16);
  expect(bed.call("recvfrom", peer, at, 2, S.MSG_PEEK, 0, 0)).toBe(2);
  expect(bed.call("read", peer, at, 16)).toBe(5);
  expect(bed.string(at, 5)).toBe("hello");
  bed.call("close", peer);
  expect(bed.call("read", client, at, 16)).toBe(0);
  // Nobody takes it, which is known from then on.
  expect(bed.call("sendto", client, "x", 1, S.MSG_NOSIGNAL, 0, 0)).toBe(1);
  expect(bed.call("sendto", client, "x", 1, S.MSG_NOSIGNAL, 0, 0)).toBe(-E.EPIPE);
});

test("the port of a listener that closed is free, and refuses", () => {
  const bed = new Testbed();
  const address = inet(bed, 0);
  const server = open(bed, S.AF_INET, S.SOCK_STREAM);
  bed.call("bind", server, address, 16);
  bed.call("listen", server, 0);
  const length = bed.buffer(4);
  bed.user.setU32(length, 16);
  expect(bed.call("getsockname", server, address, length)).toBe(0);
  expect((bed.user.u8(address + 2) << 8) | bed.user.u8(address + 3)).toBeGreaterThan(1023);
  bed.call("close", server);
  const client = open(bed, S.AF_INET, S.SOCK_STREAM);
  expect(bed.call("connect", client, address, 16)).toBe(-E.ECONNREFUSED);
  expect(bed.call("bind", client, address, 16)).toBe(0);
});

test("unix sockets have paths and abstract names", () => {
  const bed = new Testbed();
  for (const name of ["/tmp-socket", "\0hidden"]) {
    const server = open(bed, S.AF_UNIX, S.SOCK_STREAM);
    const client = open(bed, S.AF_UNIX, S.SOCK_STREAM | O_NONBLOCK);
    const [at, length] = unix(bed, name);
    expect(bed.call("connect", client, at, length)).toBe(name.startsWith("/") ? -E.ENOENT : -E.ECONNREFUSED);
    expect(bed.call("bind", server, at, length)).toBe(0);
    expect(bed.call("connect", client, at, length)).toBe(-E.ECONNREFUSED);
    expect(bed.call("listen", server, 0)).toBe(0);
    expect(bed.call("connect", client, at, length)).toBe(0);
    const second = open(bed, S.AF_UNIX, S.SOCK_STREAM | O_NONBLOCK);
    expect(bed.call("connect", second, at, length)).toBe(-E.EAGAIN);
  }
  const st = bed.buffer(144);
  bed.call("stat", "/tmp-socket", st);
  expect(bed.user.u32(st + 24) & 0o170000).toBe(0o140000);
  expect(bed.call("open", "/tmp-socket", 0)).toBe(-E.ENXIO);
});

test("datagrams keep their borders and know their sender", () => {
  const bed = new Testbed();
  const [a, b] = [open(bed, S.AF_INET, S.SOCK_DGRAM), open(bed, S.AF_INET, S.SOCK_DGRAM | O_NONBLOCK)];
  const address = inet(bed, 5353);
  bed.call("bind", b, address, 16);
  expect(bed.call("sendto", a, "one", 3, 0, address, 16)).toBe(3);
  expect(bed.call("sendto", a, "second", 6, 0, address, 16)).toBe(6);
  const [at, from, length] = [bed.buffer(16), bed.buffer(16), bed.buffer(4)];
  bed.user.setU32(length, 16);
  expect(bed.call("recvfrom", b, at, 2, S.MSG_TRUNC, from, length)).toBe(3);
  expect(bed.user.u8(from + 4)).toBe(127);
  expect(bed.call("recvfrom", b, at, 16, 0, 0, 0)).toBe(6);
  expect(bed.call("recvfrom", b, at, 16, 0, 0, 0)).toBe(-E.EAGAIN);
});

test("a time limit ends a wait", () => {
  const bed = new Testbed();
  const s = open(bed, S.AF_INET, S.SOCK_DGRAM);
  const limit = bed.buffer(16);
  bed.user.setU64(limit + 8, 5000);
  expect(bed.call("setsockopt", s, S.SOL_SOCKET, S.SO_RCVTIMEO, limit, 16)).toBe(0);
  const receive = bed.begin("recvfrom", s, limit, 8, 0, 0, 0);
  expect(receive.run()).toMatchObject({ until: bed.time + 5000000n });
  bed.time += 6000000n;
  expect(receive.run()).toBe(-E.EAGAIN);
});

test("what is no socket, and families that aren't there", () => {
  const bed = new Testbed();
  expect(bed.call("listen", 1, 1)).toBe(-E.ENOTSOCK);
  expect(bed.call("listen", 77, 1)).toBe(-E.EBADF);
  expect(bed.call("socket", 99, S.SOCK_STREAM, 0)).toBe(-E.EAFNOSUPPORT);
  expect(bed.call("socket", S.AF_UNIX, 7, 0)).toBe(-E.ESOCKTNOSUPPORT);
  const far = inet(bed, 80);
  bed.user.setU8(far + 4, 8);
  expect(bed.call("connect", open(bed, S.AF_INET, S.SOCK_STREAM), far, 16)).toBe(-E.ENETUNREACH);
});
