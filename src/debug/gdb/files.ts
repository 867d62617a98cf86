/** vFile: GDB reads the guest's files, the program and its shared objects above all. Nothing can be written. */
import { releaseFile } from "../../kernel/fdtable.ts";
import type { Task } from "../../kernel/task.ts";
import type { File, Stat } from "../../vfs/types.ts";
import type { OutsideFiles } from "../outside.ts";
import { hexNumber, hexToText, latin1, PACKET_SIZE } from "./packet.ts";

/** Numbers of GDB's File-I/O protocol, which for these are Linux's; others are "unknown". */
const EBADF = 9;
const EACCES = 13;
const EINVAL = 22;
const EUNKNOWN = 9999;
const KNOWN = [1, 2, 4, EBADF, EACCES, 14, 16, 17, 19, 20, 21, EINVAL, 23, 24, 27, 28, 29, 30];
const MOST_OPEN = 64;

const failed = (errno: number): string => `F-1,${(KNOWN.includes(errno) ? errno : EUNKNOWN).toString(16)}`;
const done = (result: number, attachment?: string): string =>
  `F${result.toString(16)}${attachment === undefined ? "" : `;${attachment}`}`;

/** struct stat of the File-I/O protocol: big-endian. */
function statBytes(st: Stat): string {
  const v = new DataView(new ArrayBuffer(64));
  [st.dev, st.ino, st.mode, st.nlink, st.uid, st.gid, st.rdev].forEach((n, i) => {
    v.setUint32(i * 4, n % 2 ** 32);
  });
  v.setBigUint64(28, BigInt(st.size));
  v.setBigUint64(36, BigInt(st.blksize));
  v.setBigUint64(44, BigInt(st.blocks));
  [st.atime, st.mtime, st.ctime].forEach((t, i) => {
    v.setUint32(52 + i * 4, Number(t / 1_000_000_000n) % 2 ** 32);
  });
  return latin1(new Uint8Array(v.buffer));
}

export class GuestFiles {
  private readonly open = new Map<number, File>();
  private next = 3;
  /** The process whose files they are; 0 for the machine's. */
  private pid = 0;

  constructor(
    private readonly files: OutsideFiles,
    private readonly taskOf: (pid: number) => Task | undefined,
  ) {}
  private get task(): Task | undefined {
    return this.pid ? this.taskOf(this.pid) : undefined;
  }

  /** The reply to `OPERATION:ARGUMENTS`; "" if there is no such operation. */
  request(text: string): string {
    const colon = text.indexOf(":");
    const args = text.slice(colon + 1).split(",");
    switch (text.slice(0, colon)) {
      case "setfs":
        this.pid = hexNumber(args[0]);
        return done(0);
      case "open":
        return this.openFile(hexToText(args[0]), hexNumber(args[1]));
      case "pread":
        return this.read(hexNumber(args[0]), hexNumber(args[1]), hexNumber(args[2]));
      case "close":
        return this.close(hexNumber(args[0]));
      case "fstat":
        return this.stat(hexNumber(args[0]));
      case "readlink":
        return this.readLink(hexToText(args[0]));
      case "pwrite":
      case "unlink":
        return failed(EACCES);
      default:
        return "";
    }
  }
  private openFile(path: string | undefined, flags: number): string {
    if (path === undefined) return failed(EINVAL);
    if (flags !== 0) return failed(EACCES);
    if (this.open.size >= MOST_OPEN) return failed(24);
    const file = this.files.open(path, this.task);
    if (typeof file === "number") return failed(-file);
    const fd = this.next++;
    this.open.set(fd, file);
    return done(fd);
  }
  private read(fd: number, count: number, offset: number): string {
    const file = this.open.get(fd);
    if (!file) return failed(EBADF);
    if (!(count >= 0 && offset >= 0)) return failed(EINVAL);
    const bytes = new Uint8Array(Math.min(count, PACKET_SIZE / 2 - 16));
    const n = this.files.read(file, bytes, offset);
    return n < 0 ? failed(-n) : done(n, latin1(bytes.subarray(0, n)));
  }
  private stat(fd: number): string {
    const st = this.open.get(fd)?.stat() ?? -EBADF;
    return typeof st === "number" ? failed(-st) : done(64, statBytes(st));
  }
  private readLink(path: string | undefined): string {
    if (path === undefined) return failed(EINVAL);
    const target = this.files.readLink(path, this.task);
    return typeof target === "number" ? failed(-target) : done(target.length, target);
  }
  private close(fd: number): string {
    const file = this.open.get(fd);
    if (!file) return failed(EBADF);
    this.open.delete(fd);
    releaseFile(file);
    return done(0);
  }
  closeAll(): void {
    for (const file of this.open.values()) releaseFile(file);
    this.open.clear();
    this.pid = 0;
  }
}
