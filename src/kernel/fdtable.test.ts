import { expect, test } from "vitest";
import { EBADF, EMFILE } from "../abi/errno.ts";
import { BaseFile } from "../vfs/file.ts";
import { FdTable } from "./fdtable.ts";

class Probe extends BaseFile {
  closed = 0;
  constructor() {
    super(undefined, 0);
  }
  override close(): void {
    this.closed++;
  }
}

const LIMIT = 8;

test("descriptors are the lowest that are free", () => {
  const table = new FdTable();
  for (let i = 0; i < 4; i++) expect(table.install(new Probe(), false, LIMIT)).toBe(i);
  table.close(1);
  table.close(2);
  expect(table.install(new Probe(), false, LIMIT, 2)).toBe(2);
  expect(table.install(new Probe(), false, LIMIT)).toBe(1);
  expect(table.install(new Probe(), false, LIMIT)).toBe(4);
  expect(table.list()).toEqual([0, 1, 2, 3, 4]);
});

test("the limit is kept", () => {
  const table = new FdTable();
  for (let i = 0; i < LIMIT; i++) table.install(new Probe(), false, LIMIT);
  expect(table.install(new Probe(), false, LIMIT)).toBe(-EMFILE);
  expect(table.peek(1, LIMIT)).toBeUndefined();
  table.close(3);
  expect(table.peek(1, LIMIT)).toEqual([3]);
  expect(table.peek(2, LIMIT)).toBeUndefined();
});

test("a file is closed with its last descriptor, in whichever table", () => {
  const table = new FdTable();
  const file = new Probe();
  const fd = table.install(file, false, LIMIT);
  const copy = table.dup(fd, true, LIMIT);
  const child = table.fork();
  expect(table.cloexec(copy)).toBe(true);
  table.close(fd);
  table.close(copy);
  expect(file.closed).toBe(0);
  child.closeOnExec();
  expect(child.list()).toEqual([fd]);
  child.release();
  expect(file.closed).toBe(1);
});

test("dup2 replaces what was there", () => {
  const table = new FdTable();
  const [a, b] = [new Probe(), new Probe()];
  table.install(a, false, LIMIT);
  table.install(b, false, LIMIT);
  expect(table.dupTo(0, 1, false, LIMIT)).toBe(1);
  expect(b.closed).toBe(1);
  expect(table.get(1)).toBe(a);
  expect(table.dupTo(5, 1, false, LIMIT)).toBe(-EBADF);
  expect(table.dupTo(0, LIMIT, false, LIMIT)).toBe(-EBADF);
  expect(a.refs).toBe(2);
});
