import type { Place } from "../vfs/types.ts";

/** What CLONE_FS shares: root, working directory and umask. */
export class FsInfo {
  constructor(
    public root: Place,
    public cwd: Place,
    public umask = 0o022,
  ) {}
  copy(): FsInfo {
    return new FsInfo(this.root, this.cwd, this.umask);
  }
}
