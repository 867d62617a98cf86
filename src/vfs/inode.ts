import { EINVAL, ENOTDIR, ENXIO, EPERM } from "../abi/errno.ts";
import type { Cred, DirEntry, File, FileSystem, Inode, SetAttr, Stat } from "./types.ts";

/** An inode that can do nothing yet: kinds override what they support. */
export abstract class BaseInode implements Inode {
  readonly cacheable: boolean = true;

  constructor(
    readonly fs: FileSystem,
    readonly ino: number,
    readonly type: number,
  ) {}

  abstract stat(): Stat | number;
  setattr(_a: SetAttr): number {
    return -EPERM;
  }
  lookup(_name: string): Inode | number {
    return -ENOTDIR;
  }
  readdir(): DirEntry[] | number {
    return -ENOTDIR;
  }
  create(_name: string, _mode: number, _cred: Cred): Inode | number {
    return -EPERM;
  }
  mkdir(_name: string, _mode: number, _cred: Cred): Inode | number {
    return -EPERM;
  }
  mknod(_name: string, _mode: number, _dev: number, _cred: Cred): Inode | number {
    return -EPERM;
  }
  symlink(_name: string, _target: string, _cred: Cred): Inode | number {
    return -EPERM;
  }
  link(_name: string, _target: Inode): number {
    return -EPERM;
  }
  unlink(_name: string): number {
    return -EPERM;
  }
  rmdir(_name: string): number {
    return -EPERM;
  }
  rename(_name: string, _toDir: Inode, _toName: string, _flags: number): number {
    return -EPERM;
  }
  readlink(): string | number {
    return -EINVAL;
  }
  open(_flags: number, _cred: Cred): File | number {
    return -ENXIO;
  }
}
