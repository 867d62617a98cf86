import { makedev, S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from "../../abi/stat.ts";
import type { TmpFileSystem, TmpInode } from "./tmpfs.ts";

const BLOCK = 512;

/** One member of an archive: names as bytes, contents as a view of the archive. */
export interface TarEntry {
  name: string;
  /** S_IF type and permissions; for a hard link the type is 0. */
  mode: number;
  uid: number;
  gid: number;
  /** Seconds. */
  mtime: number;
  rdev: number;
  linkname: string;
  data: Uint8Array;
}

const TYPES: Record<string, number> = {
  "0": S_IFREG,
  "\0": S_IFREG,
  "7": S_IFREG,
  "1": 0,
  "2": S_IFLNK,
  "3": S_IFCHR,
  "4": S_IFBLK,
  "5": S_IFDIR,
  "6": S_IFIFO,
};

/** Reads ustar, with the long names of GNU tar and of pax. Throws Error on a broken archive. */
export function* readTar(archive: Uint8Array): Generator<TarEntry> {
  /** What an extension header says of the member after it. */
  let pending: Record<string, string> = {};
  let global: Record<string, string> = {};
  for (let at = 0; at + BLOCK <= archive.length; ) {
    const head = archive.subarray(at, at + BLOCK);
    if (head.every((b) => b === 0)) return;
    checkSum(head, at);
    const type = String.fromCharCode(head[156]);
    const size = Number(pending.size ?? number(head, 124, 12));
    const data = archive.subarray(at + BLOCK, at + BLOCK + size);
    if (data.length < size) throw new Error(`tar: member at ${at} is cut off`);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    if (type === "x") pending = { ...pending, ...paxRecords(data) };
    else if (type === "g") global = { ...global, ...paxRecords(data) };
    else if (type === "L") pending = { ...pending, path: string(data, 0, data.length) };
    else if (type === "K") pending = { ...pending, linkpath: string(data, 0, data.length) };
    else {
      const entry = member(head, type, data, { ...global, ...pending });
      if (entry) yield entry;
      pending = {};
    }
  }
}

function member(head: Uint8Array, type: string, data: Uint8Array, pax: Record<string, string>): TarEntry | undefined {
  const kind = TYPES[type];
  if (kind === undefined) return undefined;
  const isUstar = string(head, 257, 5) === "ustar";
  const prefix = isUstar ? string(head, 345, 155) : "";
  const short = string(head, 0, 100);
  const name = pax.path ?? (prefix ? `${prefix}/${short}` : short);
  // Archives older than ustar mark directories by a slash.
  const isDir = kind === S_IFDIR || (kind === S_IFREG && name.endsWith("/"));
  return {
    name,
    mode: (isDir ? S_IFDIR : kind) | (number(head, 100, 8) & 0o7777),
    uid: Number(pax.uid ?? number(head, 108, 8)),
    gid: Number(pax.gid ?? number(head, 116, 8)),
    mtime: Number(pax.mtime ?? number(head, 136, 12)),
    rdev: isUstar ? makedev(number(head, 329, 8), number(head, 337, 8)) : 0,
    linkname: pax.linkpath ?? string(head, 157, 100),
    data: kind === S_IFREG ? data : data.subarray(0, 0),
  };
}

function string(b: Uint8Array, at: number, length: number): string {
  let s = "";
  for (let i = at; i < at + length && b[i] !== 0; i++) s += String.fromCharCode(b[i]);
  return s;
}

/** Octal text, or base 256 when the first bit is set (GNU tar, for large values). */
function number(b: Uint8Array, at: number, length: number): number {
  if (b[at] & 0x80) {
    let v = b[at] & 0x7f;
    for (let i = at + 1; i < at + length; i++) v = v * 256 + b[i];
    return v;
  }
  const text = string(b, at, length).trim();
  return text === "" ? 0 : Number.parseInt(text, 8);
}

/** Sum of the header's bytes, its own field taken as blanks. */
function checkSum(head: Uint8Array, at: number): void {
  const sum = head.reduce((n, b, i) => n + (i >= 148 && i < 156 ? 32 : b), 0);
  if (sum !== number(head, 148, 8)) throw new Error(`tar: no header at ${at}`);
}

/** Records "length key=value\n" of a pax header. */
function paxRecords(data: Uint8Array): Record<string, string> {
  const records: Record<string, string> = {};
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(32, at);
    const length = Number(string(data, at, space - at));
    if (!(length > 0)) break;
    const record = string(data, space + 1, at + length - 1 - (space + 1));
    const eq = record.indexOf("=");
    records[record.slice(0, eq)] = record.slice(eq + 1);
    at += length;
  }
  return records;
}

/**
 * Unpacks an archive into a tmpfs, below its root. Contents stay where they are in the archive's bytes, which must not
 * change afterwards. Parents that are missing are made.
 */
export function unpackTar(fs: TmpFileSystem, archive: Uint8Array): void {
  /** Directories get their times last: entering files changes them. */
  const dirs: [TmpInode, bigint][] = [];
  for (const e of readTar(archive)) {
    const names = e.name.split("/").filter((n) => n !== "" && n !== ".");
    const name = names.pop();
    if (names.includes("..") || name === "..") throw new Error(`tar: ${e.name} leads out of the tree`);
    const inode = name === undefined ? fs.root : place(fs, directory(fs, names), name, e);
    const mtime = BigInt(Math.floor(e.mtime * 1000)) * 1000000n;
    if (e.mode & 0o170000) inode.setattr({ mode: e.mode & 0o7777, uid: e.uid, gid: e.gid, atime: mtime, mtime });
    if (inode.type === S_IFDIR) dirs.push([inode, mtime]);
  }
  for (const [inode, mtime] of dirs) inode.setattr({ atime: mtime, mtime });
}

/** The directory of that path, made where it is missing. Links on the way are followed within the tree. */
function directory(fs: TmpFileSystem, names: readonly string[], links = 0): TmpInode {
  let dir = fs.root;
  names.forEach((name, i) => {
    const found = dir.lookup(name);
    if (typeof found !== "number" && found.type === S_IFLNK && links < 40) {
      dir = directory(fs, linkTarget(names.slice(0, i), (found as TmpInode).target), links + 1);
      return;
    }
    dir = typeof found === "number" ? must(dir.mkdir(name, 0o755), name) : (found as TmpInode);
  });
  return dir;
}

function linkTarget(at: readonly string[], target: string): string[] {
  const out = target.startsWith("/") ? [] : [...at];
  for (const name of target.split("/")) {
    if (name === "..") out.pop();
    else if (name !== "" && name !== ".") out.push(name);
  }
  return out;
}

function place(fs: TmpFileSystem, dir: TmpInode, name: string, e: TarEntry): TmpInode {
  const old = dir.lookup(name);
  const type = e.mode & 0o170000;
  if (typeof old !== "number") {
    if (type === S_IFDIR && old.type === S_IFDIR) return old as TmpInode;
    dir.unlink(name);
  }
  switch (type) {
    case 0: {
      const to = linkTarget([], e.linkname);
      const last = to.pop() ?? "";
      const target = directory(fs, to).lookup(last);
      if (typeof target === "number" || dir.link(name, target) < 0) {
        throw new Error(`tar: ${e.name} is a link to ${e.linkname}, which is not there`);
      }
      return target as TmpInode;
    }
    case S_IFDIR:
      return must(dir.mkdir(name, 0o755), e.name);
    case S_IFLNK:
      return must(dir.symlink(name, e.linkname), e.name);
    case S_IFREG: {
      const file = must(dir.create(name, 0o644), e.name);
      file.setBase(e.data);
      return file;
    }
    default:
      return must(dir.mknod(name, e.mode, e.rdev), e.name);
  }
}

function must(r: TmpInode | number, name: string): TmpInode {
  if (typeof r === "number") throw new Error(`tar: ${name} cannot be made: errno ${-r}`);
  return r;
}
