import { expect, test } from "vitest";
import { F_RDLCK, F_UNLCK, F_WRLCK } from "../abi/fcntl.ts";
import { type Lock, LockSet } from "./locks.ts";

const [a, b] = [{}, {}];
const lock = (owner: object, type: number, start: number, end: number): Lock => ({ owner, type, start, end, pid: 1 });

test("readers share, writers do not", () => {
  const set = new LockSet();
  set.apply(lock(a, F_RDLCK, 0, 10));
  expect(set.conflict(lock(b, F_RDLCK, 0, 10))).toBeUndefined();
  expect(set.conflict(lock(b, F_WRLCK, 9, 10))).toMatchObject({ owner: a, start: 0, end: 10 });
  expect(set.conflict(lock(b, F_WRLCK, 10, 20))).toBeUndefined();
  expect(set.conflict(lock(a, F_WRLCK, 0, 10))).toBeUndefined();
});

test("unlocking the middle splits a lock", () => {
  const set = new LockSet();
  set.apply(lock(a, F_WRLCK, 0, Number.POSITIVE_INFINITY));
  set.apply(lock(a, F_UNLCK, 10, 20));
  expect(set.conflict(lock(b, F_WRLCK, 10, 20))).toBeUndefined();
  expect(set.conflict(lock(b, F_WRLCK, 9, 11))).toMatchObject({ start: 0, end: 10 });
  expect(set.conflict(lock(b, F_RDLCK, 30, 31))).toMatchObject({ start: 20, end: Number.POSITIVE_INFINITY });
});

test("waiters hear when the owner lets go", () => {
  const set = new LockSet();
  let woken = 0;
  set.apply(lock(a, F_WRLCK, 0, 1));
  set.queue.add(() => woken++);
  set.release(b);
  expect(woken).toBe(0);
  set.release(a);
  expect(woken).toBe(1);
  expect(set.conflict(lock(b, F_WRLCK, 0, 1))).toBeUndefined();
});
