/** How answers of a host are written down. */
import type { HostAddress, HostStat } from "../host/types.ts";
import type { Tape, TapeReader } from "./bytes.ts";

export interface Codec<T> {
  write(to: Tape, value: T): void;
  read(from: TapeReader): T;
}

export const NOTHING: Codec<void> = { write: () => {}, read: () => {} };
export const NUMBER: Codec<number> = { write: (t, v) => t.num(v), read: (r) => r.num() };
export const BOOL: Codec<boolean> = { write: (t, v) => t.u8(v ? 1 : 0), read: (r) => r.u8() === 1 };
export const TEXT: Codec<string> = { write: (t, v) => t.text(v), read: (r) => r.text() };
export const BYTES: Codec<Uint8Array> = { write: (t, v) => t.block(v), read: (r) => r.block().slice() };

export function list<T>(of: Codec<T>): Codec<readonly T[]> {
  return {
    write: (t, v) => {
      t.uint(v.length);
      for (const e of v) of.write(t, e);
    },
    read: (r) => Array.from({ length: r.uint() }, () => of.read(r)),
  };
}
export function optional<T>(of: Codec<T>): Codec<T | undefined> {
  return {
    write: (t, v) => {
      BOOL.write(t, v !== undefined);
      if (v !== undefined) of.write(t, v);
    },
    read: (r) => (BOOL.read(r) ? of.read(r) : undefined),
  };
}
/** A result, or -errno. */
export function orError<T extends object | string>(of: Codec<T>): Codec<T | number> {
  return {
    write: (t, v) => {
      BOOL.write(t, typeof v === "number");
      if (typeof v === "number") t.num(v);
      else of.write(t, v);
    },
    read: (r) => (BOOL.read(r) ? r.num() : of.read(r)),
  };
}

export const ADDRESS: Codec<HostAddress> = {
  write: (t, v) => {
    IP.write(t, v.ip);
    t.num(v.port);
  },
  read: (r) => ({ ip: IP.read(r), port: r.num() }),
};
export const IP = list(NUMBER);

export const STAT: Codec<HostStat> = {
  write: (t, s) => {
    for (const v of [s.dev, s.ino, s.mode, s.nlink, s.uid, s.gid, s.rdev, s.size, s.blksize, s.blocks]) t.num(v);
    for (const v of [s.atime, s.mtime, s.ctime]) t.big(v);
  },
  read: (r) => {
    const n = (): number => r.num();
    const [dev, ino, mode, nlink, uid, gid, rdev] = [n(), n(), n(), n(), n(), n(), n()];
    const [size, blksize, blocks] = [n(), n(), n()];
    const [atime, mtime, ctime] = [r.big(), r.big(), r.big()];
    return { dev, ino, mode, nlink, uid, gid, rdev, size, blksize, blocks, atime, mtime, ctime };
  },
};

interface DirEntry {
  name: string;
  type: number;
  ino: number;
}
const ENTRY: Codec<DirEntry> = {
  write: (t, e) => {
    t.text(e.name);
    t.num(e.type);
    t.num(e.ino);
  },
  read: (r) => ({ name: r.text(), type: r.num(), ino: r.num() }),
};
export const ENTRIES: Codec<DirEntry[]> = {
  write: (t, v) => list(ENTRY).write(t, v),
  read: (r) => [...list(ENTRY).read(r)],
};

interface Room {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
}
export const ROOM: Codec<Room> = {
  write: (t, v) => {
    for (const n of [v.type, v.bsize, v.blocks, v.bfree, v.bavail, v.files, v.ffree]) t.num(n);
  },
  read: (r) => {
    const n = (): number => r.num();
    return { type: n(), bsize: n(), blocks: n(), bfree: n(), bavail: n(), files: n(), ffree: n() };
  },
};
