/** statfs.h: struct statfs and the magic numbers of file systems (statfs(2)). */
export const EXT4_SUPER_MAGIC = 0xef53;
export const TMPFS_MAGIC = 0x01021994;
export const PROC_SUPER_MAGIC = 0x9fa0;
export const SYSFS_MAGIC = 0x62656572;
export const PIPEFS_MAGIC = 0x50495045;
export const DEVPTS_SUPER_MAGIC = 0x1cd1;
export const OVERLAYFS_SUPER_MAGIC = 0x794c7630;
export const ANON_INODE_FS_MAGIC = 0x09041934;
export const SOCKFS_MAGIC = 0x534f434b;

/** Flags of f_flags. */
export const ST_RDONLY = 1;
export const ST_NOSUID = 2;
export const ST_NODEV = 4;
export const ST_NOEXEC = 8;
export const ST_VALID = 0x20;
export const ST_RELATIME = 4096;

export interface StatfsFields {
  type: number;
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
  flags?: number;
}

export const STATFS_SIZE = 120;
/** struct statfs (120 bytes). */
export function encodeStatfs(s: StatfsFields): Uint8Array {
  const out = new Uint8Array(STATFS_SIZE);
  const v = new DataView(out.buffer);
  const words = [s.type, s.bsize, s.blocks, s.bfree, s.bavail, s.files, s.ffree, 0, 255, s.bsize];
  words.push(ST_VALID | (s.flags ?? ST_RELATIME));
  words.forEach((w, i) => {
    v.setBigUint64(8 * i, BigInt.asUintN(64, BigInt(Math.floor(w))), true);
  });
  return out;
}
