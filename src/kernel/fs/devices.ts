import { ENXIO } from "../../abi/errno.ts";
import type { Cred, File, Inode } from "../../vfs/types.ts";

export type OpenDevice = (inode: Inode, flags: number, cred: Cred) => File | number;

/** Character devices by number, wherever their node lies. */
export class Devices {
  private readonly chars = new Map<number, OpenDevice>();
  register(rdev: number, open: OpenDevice): void {
    this.chars.set(rdev, open);
  }
  open(rdev: number, inode: Inode, flags: number, cred: Cred): File | number {
    return this.chars.get(rdev)?.(inode, flags, cred) ?? -ENXIO;
  }
}
