/** The host's files through a tap. */
import type { Host, HostFs } from "../host/types.ts";
import { BOOL, ENTRIES, NUMBER, orError, ROOM, STAT, TEXT } from "./codecs.ts";
import type { Tap } from "./tap.ts";

function files(host: Host): HostFs {
  if (!host.fs) throw new Error("the host has no files");
  return host.fs;
}

export function tapFs(tap: Tap): HostFs {
  const number = (name: string, live: (fs: HostFs) => number): number => tap.ask(name, NUMBER, (h) => live(files(h)));
  const mknod = tap.ask("present", BOOL, (h) => files(h).mknod !== undefined);
  const watch = tap.ask("present", BOOL, (h) => files(h).watch !== undefined);
  return {
    now: () => number("now", (fs) => fs.now()),
    stat: (path, follow) => tap.ask("stat", orError(STAT), (h) => files(h).stat(path, follow)),
    open: (path, flags, mode) => number("open", (fs) => fs.open(path, flags, mode)),
    close: (fd) => number("close", (fs) => fs.close(fd)),
    fstat: (fd) => tap.ask("fstat", orError(STAT), (h) => files(h).fstat(fd)),
    pread: (fd, into, at) => tap.fill("pread", into, (h) => files(h).pread(fd, into, at)),
    pwrite: (fd, from, at) => number("pwrite", (fs) => fs.pwrite(fd, from, at)),
    ftruncate: (fd, size) => number("ftruncate", (fs) => fs.ftruncate(fd, size)),
    fsync: (fd, dataOnly) => number("fsync", (fs) => fs.fsync(fd, dataOnly)),
    readdir: (path) => tap.ask("readdir", orError(ENTRIES), (h) => files(h).readdir(path)),
    readlink: (path) => tap.ask("readlink", orError(TEXT), (h) => files(h).readlink(path)),
    mkdir: (path, mode) => number("mkdir", (fs) => fs.mkdir(path, mode)),
    rmdir: (path) => number("rmdir", (fs) => fs.rmdir(path)),
    unlink: (path) => number("unlink", (fs) => fs.unlink(path)),
    rename: (from, to) => number("rename", (fs) => fs.rename(from, to)),
    link: (from, to) => number("link", (fs) => fs.link(from, to)),
    symlink: (target, path) => number("symlink", (fs) => fs.symlink(target, path)),
    chmod: (path, mode) => number("chmod", (fs) => fs.chmod(path, mode)),
    chown: (path, uid, gid, follow) => number("chown", (fs) => fs.chown(path, uid, gid, follow)),
    utimes: (path, atime, mtime, follow) => number("utimes", (fs) => fs.utimes(path, atime, mtime, follow)),
    truncate: (path, size) => number("truncate", (fs) => fs.truncate(path, size)),
    statfs: (path) => tap.ask("statfs", orError(ROOM), (h) => files(h).statfs(path)),
    access: (path, mode) => number("access", (fs) => fs.access(path, mode)),
    mknod: mknod ? (path, mode, dev) => number("mknod", (fs) => fs.mknod?.(path, mode, dev) ?? -1) : undefined,
    watch: watch ? (path, changed) => watchFile(tap, path, changed) : undefined,
    fchmod: (fd, mode) => number("fchmod", (fs) => fs.fchmod(fd, mode)),
    fchown: (fd, uid, gid) => number("fchown", (fs) => fs.fchown(fd, uid, gid)),
    futimes: (fd, atime, mtime) => number("futimes", (fs) => fs.futimes(fd, atime, mtime)),
  };
}

function watchFile(
  tap: Tap,
  path: string,
  changed: (renamed: boolean, name: string) => void,
): (() => void) | undefined {
  const id = tap.receive((from) => {
    const renamed = BOOL.read(from);
    changed(renamed, TEXT.read(from));
  });
  const watched = tap.ask("watch", BOOL, (h) => {
    const end = files(h).watch?.(path, (renamed, name) =>
      tap.arrive(id, (tape) => {
        BOOL.write(tape, renamed);
        TEXT.write(tape, name);
      }),
    );
    if (end) tap.outside.endings.set(id, end);
    return end !== undefined;
  });
  if (!watched) tap.state.receivers.delete(id);
  return watched ? () => endReceiver(tap, id) : undefined;
}

/** The machine does not wait for it any more. */
export function endReceiver(tap: Tap, id: number): void {
  tap.state.receivers.delete(id);
  tap.act(() => {
    tap.outside.endings.get(id)?.();
    tap.outside.endings.delete(id);
  });
}
