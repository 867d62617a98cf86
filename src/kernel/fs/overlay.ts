import type { HostFs } from "../../host/types.ts";

/**
 * Several directories of the host seen as one tree (BLINK_OVERLAYS, blink -C): a path belongs to the first directory
 * that has it; a path that none has, to the first that has its parent. Directories are not merged: listing one shows the
 * first that exists. "" stands for the host's own root.
 */
export function overlayFs(host: HostFs, dirs: readonly string[]): HostFs {
  const has = (path: string) => typeof host.stat(path, false) !== "number";
  const parent = (path: string) => path.slice(0, Math.max(1, path.lastIndexOf("/")));
  const at = (path: string): string => {
    const under = (dir: string, p: string) => (p === "/" ? dir || "/" : dir === "/" ? p : dir + p);
    if (dirs.length === 1) return under(dirs[0], path);
    const home = dirs.find((d) => has(under(d, path))) ?? dirs.find((d) => has(under(d, parent(path)))) ?? dirs[0];
    return under(home ?? "", path);
  };
  /** Paths that name a descriptor stay as they are. */
  const source = (path: string) => (path.startsWith("/proc/self/fd/") ? path : at(path));
  return {
    now: () => host.now(),
    stat: (path, follow) => host.stat(at(path), follow),
    open: (path, flags, mode) => host.open(at(path), flags, mode),
    close: (fd) => host.close(fd),
    fstat: (fd) => host.fstat(fd),
    pread: (fd, into, offset) => host.pread(fd, into, offset),
    pwrite: (fd, from, offset) => host.pwrite(fd, from, offset),
    ftruncate: (fd, size) => host.ftruncate(fd, size),
    fsync: (fd, dataOnly) => host.fsync(fd, dataOnly),
    readdir: (path) => host.readdir(at(path)),
    readlink: (path) => host.readlink(at(path)),
    mkdir: (path, mode) => host.mkdir(at(path), mode),
    rmdir: (path) => host.rmdir(at(path)),
    unlink: (path) => host.unlink(at(path)),
    rename: (from, to) => host.rename(at(from), at(to)),
    link: (from, to) => host.link(source(from), at(to)),
    symlink: (target, path) => host.symlink(target, at(path)),
    chmod: (path, mode) => host.chmod(at(path), mode),
    fchmod: (fd, mode) => host.fchmod(fd, mode),
    chown: (path, uid, gid, follow) => host.chown(at(path), uid, gid, follow),
    fchown: (fd, uid, gid) => host.fchown(fd, uid, gid),
    utimes: (path, atime, mtime, follow) => host.utimes(at(path), atime, mtime, follow),
    futimes: (fd, atime, mtime) => host.futimes(fd, atime, mtime),
    truncate: (path, size) => host.truncate(at(path), size),
    statfs: (path) => host.statfs(at(path)),
    watch: host.watch && ((path, changed) => host.watch?.(at(path), changed)),
    access: (path, mode) => host.access(at(path), mode),
  };
}
