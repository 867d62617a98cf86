import fs from "node:fs";
import { EINVAL, ENOENT, EOPNOTSUPP } from "../../abi/errno.ts";
import * as L from "../../abi/fcntl.ts";
import type { HostFs, HostStat } from "../../host/types.ts";
import { attempt } from "./errno.ts";
import { milliseconds } from "./milliseconds.ts";
import { keepTimes, seconds, timesOf } from "./times.ts";

/** Our byte strings as node:fs takes them. */
export function hostPath(path: string): string | Buffer {
  for (let i = 0; i < path.length; i++) if (path.charCodeAt(i) > 127) return Buffer.from(path, "latin1");
  return path;
}

/** Linux open flags as this host numbers them. What it lacks is left out, except O_TMPFILE, which fails. */
function hostFlags(flags: number): number {
  if (process.platform === "linux") return flags;
  const c = fs.constants;
  const rows: [number, number | undefined][] = [
    [L.O_CREAT, c.O_CREAT],
    [L.O_EXCL, c.O_EXCL],
    [L.O_TRUNC, c.O_TRUNC],
    [L.O_APPEND, c.O_APPEND],
    [L.O_NONBLOCK, c.O_NONBLOCK],
    [L.O_DSYNC, c.O_DSYNC],
    [L.O_SYNC, c.O_SYNC],
    [L.O_DIRECTORY, c.O_DIRECTORY],
    [L.O_NOFOLLOW, c.O_NOFOLLOW],
  ];
  let out = flags & L.O_ACCMODE;
  for (const [linux, here] of rows) if ((flags & linux) === linux) out |= here ?? 0;
  return out;
}

function toStat(s: fs.BigIntStats): HostStat {
  return {
    dev: Number(s.dev),
    ino: Number(s.ino),
    mode: Number(s.mode),
    nlink: Number(s.nlink),
    uid: Number(s.uid),
    gid: Number(s.gid),
    rdev: Number(s.rdev),
    size: Number(s.size),
    blksize: Number(s.blksize),
    blocks: Number(s.blocks),
    ...timesOf(s),
    ctime: s.ctimeNs,
  };
}

const BIG = { bigint: true, throwIfNoEntry: false } as const;

/** Runs what answers nothing: 0 or -errno. */
function done(fn: () => void): number {
  const r = attempt(fn);
  return typeof r === "number" ? r : 0;
}

/** Names in the order that the host's file system has them in; readdirSync would sort them. */
function namesIn(path: string): string[] {
  const dir = fs.opendirSync(hostPath(path), { encoding: "latin1", bufferSize: 256 });
  try {
    const names: string[] = [];
    for (let e = dir.readSync(); e; e = dir.readSync()) names.push(e.name);
    return names;
  } finally {
    dir.closeSync();
  }
}

export class NodeFs implements HostFs {
  now(): number {
    return Math.floor(milliseconds());
  }
  /** `wake` ends the host's sleep when something happened to a watched file. */
  constructor(private readonly wake: () => void = () => {}) {}
  stat(path: string, follow: boolean): HostStat | number {
    const p = hostPath(path);
    const s = attempt(() => (follow ? fs.statSync(p, BIG) : fs.lstatSync(p, BIG)));
    if (typeof s === "number") return s;
    // throwIfNoEntry hides ENOTDIR too; the walk has checked that the parent is a directory.
    return s ? toStat(s) : -ENOENT;
  }
  open(path: string, flags: number, mode: number): number {
    if (flags & (L.O_TMPFILE & ~L.O_DIRECTORY) && process.platform !== "linux") return -EOPNOTSUPP;
    return attempt(() => fs.openSync(hostPath(path), hostFlags(flags), mode));
  }
  later(ms: number, fn: () => void): void {
    // It keeps nobody alive: the machine sleeps while a task waits.
    setTimeout(() => {
      fn();
      this.wake();
    }, ms).unref();
  }
  close(fd: number): number {
    return done(() => fs.closeSync(fd));
  }
  fstat(fd: number): HostStat | number {
    const s = attempt(() => fs.fstatSync(fd, { bigint: true }));
    return typeof s === "number" ? s : toStat(s);
  }
  pread(fd: number, into: Uint8Array, at: number): number {
    if (into.length === 0) return 0;
    return attempt(() => fs.readSync(fd, into, 0, into.length, at));
  }
  pwrite(fd: number, from: Uint8Array, at: number): number {
    if (from.length === 0) return 0;
    return attempt(() => fs.writeSync(fd, from, 0, from.length, at < 0 ? null : at));
  }
  ftruncate(fd: number, size: number): number {
    return size < 0 ? -EINVAL : done(() => fs.ftruncateSync(fd, size));
  }
  fsync(fd: number, dataOnly: boolean): number {
    return done(() => (dataOnly ? fs.fdatasyncSync(fd) : fs.fsyncSync(fd)));
  }
  readdir(path: string): { name: string; type: number; ino: number }[] | number {
    const names = attempt(() => namesIn(path));
    if (typeof names === "number") return names;
    const base = path === "/" ? "/" : `${path}/`;
    const out: { name: string; type: number; ino: number }[] = [];
    for (const name of names) {
      // Entries carry the inode number, which only a stat tells.
      const s = attempt(() => fs.lstatSync(hostPath(base + name), { throwIfNoEntry: false }));
      if (typeof s === "number") out.push({ name, type: 0, ino: 1 });
      else if (s) out.push({ name, type: (s.mode & 0o170000) >>> 12, ino: s.ino });
    }
    return out;
  }
  readlink(path: string): string | number {
    return attempt(() => fs.readlinkSync(hostPath(path), { encoding: "latin1" }));
  }
  mkdir(path: string, mode: number): number {
    return done(() => {
      fs.mkdirSync(hostPath(path), { mode });
    });
  }
  rmdir(path: string): number {
    return done(() => fs.rmdirSync(hostPath(path)));
  }
  unlink(path: string): number {
    return done(() => fs.unlinkSync(hostPath(path)));
  }
  rename(from: string, to: string): number {
    return done(() => fs.renameSync(hostPath(from), hostPath(to)));
  }
  link(from: string, to: string): number {
    return done(() => fs.linkSync(hostPath(from), hostPath(to)));
  }
  symlink(target: string, path: string): number {
    return done(() => fs.symlinkSync(hostPath(target), hostPath(path)));
  }
  chmod(path: string, mode: number): number {
    return done(() => fs.chmodSync(hostPath(path), mode));
  }
  fchmod(fd: number, mode: number): number {
    return done(() => fs.fchmodSync(fd, mode));
  }
  chown(path: string, uid: number, gid: number, follow: boolean): number {
    const p = hostPath(path);
    return done(() => (follow ? fs.chownSync(p, uid, gid) : fs.lchownSync(p, uid, gid)));
  }
  fchown(fd: number, uid: number, gid: number): number {
    return done(() => fs.fchownSync(fd, uid, gid));
  }
  utimes(path: string, atime: bigint, mtime: bigint, follow: boolean): number {
    const p = hostPath(path);
    const [a, m] = [seconds(atime), seconds(mtime)];
    return done(() => {
      if (follow) fs.utimesSync(p, a, m);
      else fs.lutimesSync(p, a, m);
      keepTimes(follow ? fs.statSync(p, { bigint: true }) : fs.lstatSync(p, { bigint: true }), atime, mtime);
    });
  }
  futimes(fd: number, atime: bigint, mtime: bigint): number {
    return done(() => {
      fs.futimesSync(fd, seconds(atime), seconds(mtime));
      keepTimes(fs.fstatSync(fd, { bigint: true }), atime, mtime);
    });
  }
  truncate(path: string, size: number): number {
    return size < 0 ? -EINVAL : done(() => fs.truncateSync(hostPath(path), size));
  }
  statfs(path: string): ReturnType<HostFs["statfs"]> {
    return attempt(() => {
      const s = fs.statfsSync(hostPath(path));
      const { type, bsize, blocks, bfree, bavail, files, ffree } = s;
      return { type, bsize, blocks, bfree, bavail, files, ffree };
    });
  }
  watch(path: string, changed: (renamed: boolean, name: string) => void): (() => void) | undefined {
    const watcher = attempt(() =>
      fs.watch(hostPath(path), { persistent: false, encoding: "latin1" }, (event, name) => {
        changed(event === "rename", name ?? "");
        this.wake();
      }),
    );
    if (typeof watcher === "number") return undefined;
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  }
  access(path: string, mode: number): number {
    return done(() => fs.accessSync(hostPath(path), mode));
  }
}
