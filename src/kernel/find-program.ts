/** Finds the program that a command names, as blink(1) does. */
import { EACCES, ENOENT } from "../abi/errno.ts";
import { X_OK } from "../abi/fcntl.ts";
import { S_IFDIR } from "../abi/stat.ts";
import type { PathContext } from "../vfs/path.ts";
import { permission } from "../vfs/permission.ts";
import type { Place } from "../vfs/types.ts";
import type { Vfs } from "../vfs/vfs.ts";

export interface FoundProgram {
  place: Place;
  /** How it was reached: what execve gets. */
  path: string;
}

/** Where to look when $PATH is not set. */
const DEFAULT_PATH = "/usr/local/bin:/bin:/usr/bin";
/** Programs in the portable format may be named without their suffix. */
const SUFFIX = ".com";

/**
 * A name with a slash is a path. Any other is first looked for in the working directory, then in the directories of
 * $PATH; all that once more with ".com" appended. Returns -EACCES if something was found that cannot be executed, else
 * -ENOENT.
 */
export function findProgram(vfs: Vfs, ctx: PathContext, name: string, path = DEFAULT_PATH): FoundProgram | number {
  const folders = name.includes("/") ? [""] : ["", ...path.split(":").map((d) => (d === "" ? "." : d))];
  let result = -ENOENT;
  for (const suffix of name.endsWith(SUFFIX) ? [""] : ["", SUFFIX]) {
    for (const folder of folders) {
      const full = (folder === "" ? "" : folder.endsWith("/") ? folder : `${folder}/`) + name + suffix;
      const place = vfs.resolve(ctx, ctx.cwd, full);
      if (typeof place === "number") {
        if (place === -EACCES) result = place;
        continue;
      }
      if (place.inode.type !== S_IFDIR && permission(place.inode, X_OK, ctx.cred) === 0) return { place, path: full };
      if (name.includes("/") || place.inode.type !== S_IFDIR) result = -EACCES;
    }
  }
  return result;
}
