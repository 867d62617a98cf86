import { expect, test } from "vitest";
import * as E from "../../abi/errno.ts";
import * as F from "../../abi/fcntl.ts";
import { SIGPIPE } from "../../abi/signal.ts";
import { sigBit } from "../sighand.ts";
import { type Outcome, Testbed } from "./testbed.ts";

function pipe(bed: Testbed, flags = 0): [number, number] {
  const at = bed.buffer(8);
  expect(bed.call("pipe2", at, flags)).toBe(0);
  return [bed.user.i32(at), bed.user.i32(at + 4)];
}
const parked = (r: Outcome): boolean => typeof r === "object";

test("an empty pipe makes its reader wait", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed);
  const at = bed.buffer(8);
  const read = bed.begin("read", r, at, 8);
  const first = read.run();
  expect(parked(first)).toBe(true);
  let woken = 0;
  if (typeof first === "object") for (const q of first.queues) q.add(() => woken++);
  expect(bed.call("write", w, "abc", 3)).toBe(3);
  expect(woken).toBe(1);
  expect(read.run()).toBe(3);
  bed.call("close", w);
  expect(bed.call("read", r, at, 8)).toBe(0);
});

test("non-blocking ends don't wait", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed, F.O_NONBLOCK);
  const at = bed.buffer(0x8000);
  expect(bed.call("read", r, at, 8)).toBe(-E.EAGAIN);
  for (let i = 0; i < 2; i++) expect(bed.call("write", w, at, 0x8000)).toBe(0x8000);
  expect(bed.call("write", w, at, 1)).toBe(-E.EAGAIN);
});

test("a long write goes on where it stopped", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed);
  const at = bed.buffer(0x8000);
  bed.call("write", w, at, 0x8000);
  bed.call("write", w, at, 0x4000);
  const write = bed.begin("write", w, at, 0x8000);
  const first = write.run();
  expect(first).toMatchObject({ park: true, partial: 0x4000 });
  expect(bed.call("read", r, at, 0x8000)).toBe(0x8000);
  expect(write.run()).toBe(0x8000);
});

test("writing to nobody raises SIGPIPE", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed);
  bed.call("close", r);
  expect(bed.call("write", w, "x", 1)).toBe(-E.EPIPE);
  expect(bed.task.pending.set & sigBit(SIGPIPE)).toBe(sigBit(SIGPIPE));
});

test("poll waits until its deadline", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed);
  const at = bed.buffer(16);
  bed.user.setU32(at, r);
  bed.user.setU32(at + 4, 1);
  bed.user.setU32(at + 8, 99);
  bed.user.setU32(at + 12, 1);
  expect(bed.call("poll", at, 1, 0)).toBe(0);
  const poll = bed.begin("poll", at, 1, 5);
  expect(poll.run()).toMatchObject({ until: bed.time + 5000000n, onSignal: "eintr" });
  bed.time += 6000000n;
  expect(poll.run()).toBe(0);
  bed.call("write", w, "x", 1);
  expect(bed.call("poll", at, 2, -1)).toBe(2);
  expect(bed.user.u16(at + 6)).toBe(1);
  expect(bed.user.u16(at + 14)).toBe(0x20);
});

test("select reports the descriptors that are ready", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed);
  const [rd, wr] = [bed.buffer(8), bed.buffer(8)];
  bed.user.setU64(rd, 1 << r);
  bed.user.setU64(wr, 1 << w);
  expect(bed.call("select", w + 1, rd, wr, 0, 0)).toBe(1);
  expect(bed.user.u64(rd)).toBe(0);
  expect(bed.user.u64(wr)).toBe(1 << w);
  bed.user.setU64(rd, 1 << 40);
  expect(bed.call("select", 41, rd, 0, 0, 0)).toBe(-E.EBADF);
});

test("epoll reports levels, edges and one shots", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed);
  const ep = bed.call("epoll_create1", 0) as number;
  const ev = bed.buffer(12);
  const out = bed.buffer(24);
  const ctl = (op: number, events: number) => {
    bed.user.setU32(ev, events);
    bed.user.setU64(ev + 4, 42);
    return bed.call("epoll_ctl", ep, op, r, ev);
  };
  const wait = () => bed.call("epoll_wait", ep, out, 2, 0);
  expect(ctl(1, 1)).toBe(0);
  expect(ctl(1, 1)).toBe(-E.EEXIST);
  expect(wait()).toBe(0);
  const blocked = bed.begin("epoll_wait", ep, out, 2, -1);
  expect(parked(blocked.run())).toBe(true);
  bed.call("write", w, "x", 1);
  expect(blocked.run()).toBe(1);
  expect(bed.user.u64(out + 4)).toBe(42);
  expect(wait()).toBe(1);
  expect(ctl(3, 0x80000001)).toBe(0);
  expect(wait()).toBe(1);
  expect(wait()).toBe(0);
  bed.call("write", w, "y", 1);
  expect(wait()).toBe(1);
  expect(ctl(3, 0x40000001)).toBe(0);
  expect(wait()).toBe(1);
  bed.call("write", w, "z", 1);
  expect(wait()).toBe(0);
  expect(ctl(2, 0)).toBe(0);
  expect(ctl(2, 0)).toBe(-E.ENOENT);
});

test("eventfd counts", () => {
  const bed = new Testbed();
  const fd = bed.call("eventfd2", 3, F.O_NONBLOCK) as number;
  const at = bed.buffer(8);
  expect(bed.call("read", fd, at, 4)).toBe(-E.EINVAL);
  expect(bed.call("read", fd, at, 8)).toBe(8);
  expect(bed.user.u64(at)).toBe(3);
  expect(bed.call("read", fd, at, 8)).toBe(-E.EAGAIN);
});

test("a FIFO's opener waits for the other end", () => {
  const bed = new Testbed();
  bed.call("mknod", "/fifo", 0o10644, 0);
  const reader = bed.begin("open", "/fifo", F.O_RDONLY);
  expect(parked(reader.run())).toBe(true);
  expect(bed.call("open", "/fifo", F.O_WRONLY)).toBe(3);
  expect(reader.run()).toBe(4);
  expect(bed.call("open", "/fifo", F.O_RDONLY | F.O_NONBLOCK)).toBe(5);
});

test("an edge is new data, not data that is left", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed);
  const ep = bed.call("epoll_create1", 0) as number;
  const ev = bed.buffer(12);
  const out = bed.buffer(12);
  bed.user.setU32(ev, 0x80000001);
  bed.call("epoll_ctl", ep, 1, r, ev);
  const wait = () => bed.call("epoll_wait", ep, out, 1, 0);
  bed.call("write", w, "abc", 3);
  expect(wait()).toBe(1);
  bed.call("read", r, out, 1);
  expect(wait()).toBe(0);
  bed.call("write", w, "d", 1);
  expect(wait()).toBe(1);
});

test("a pipe's capacity", () => {
  const bed = new Testbed();
  const [r, w] = pipe(bed);
  expect(bed.call("fcntl", r, F.F_GETPIPE_SZ, 0)).toBe(65536);
  expect(bed.call("fcntl", w, F.F_SETPIPE_SZ, 5000)).toBe(8192);
  expect(bed.call("fcntl", w, F.F_SETPIPE_SZ, 1 << 30)).toBe(-E.EPERM);
  expect(bed.call("fcntl", 1, F.F_GETPIPE_SZ, 0)).toBe(-E.EBADF);
});

test("locks of one process don't stand in its own way", () => {
  const bed = new Testbed();
  const fd = bed.call("open", "/f", F.O_CREAT | F.O_RDWR, 0o600) as number;
  const other = bed.call("open", "/f", F.O_RDWR, 0) as number;
  const lock = bed.buffer(32);
  bed.user.setU32(lock, F.F_WRLCK);
  expect(bed.call("fcntl", fd, F.F_SETLK, lock)).toBe(0);
  expect(bed.call("fcntl", other, F.F_SETLK, lock)).toBe(0);
  expect(bed.call("fcntl", other, F.F_OFD_SETLK, lock)).toBe(-E.EAGAIN);
  expect(bed.call("flock", fd, F.LOCK_EX)).toBe(0);
  expect(bed.call("flock", other, F.LOCK_EX | F.LOCK_NB)).toBe(-E.EAGAIN);
  expect(parked(bed.call("flock", other, F.LOCK_SH))).toBe(true);
  bed.call("close", fd);
  expect(bed.call("flock", other, F.LOCK_EX | F.LOCK_NB)).toBe(0);
});

test("descriptors travel over a socket", () => {
  const bed = new Testbed();
  const at = bed.buffer(8);
  expect(bed.call("socketpair", 1, 1, 0, at)).toBe(0);
  const [a, b] = [bed.user.i32(at), bed.user.i32(at + 4)];
  const [r, w] = pipe(bed);
  const [msg, iov, control, data] = [bed.buffer(56), bed.buffer(16), bed.buffer(24), bed.buffer(8)];
  bed.user.setU64(iov, data);
  bed.user.setU64(iov + 8, 1);
  bed.user.setU64(msg + 16, iov);
  bed.user.setU64(msg + 24, 1);
  bed.user.setU64(msg + 32, control);
  bed.user.setU64(msg + 40, 24);
  bed.user.setU64(control, 20);
  bed.user.setU32(control + 8, 1);
  bed.user.setU32(control + 12, 1);
  bed.user.setU32(control + 16, w);
  expect(bed.call("sendmsg", a, msg, 0)).toBe(1);
  bed.call("close", w);
  bed.user.setU32(control + 16, 0);
  expect(bed.call("recvmsg", b, msg, 0)).toBe(1);
  const sent = bed.user.i32(control + 16);
  expect(bed.call("write", sent, "x", 1)).toBe(1);
  expect(bed.call("read", r, data, 8)).toBe(1);
  expect(parked(bed.call("read", b, data, 8))).toBe(true);
  bed.call("close", a);
  expect(bed.call("read", b, data, 8)).toBe(0);
});
