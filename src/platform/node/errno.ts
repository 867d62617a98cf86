import { EACCES, EINVAL, EIO, EISDIR, ENOENT, errnoByName } from "../../abi/errno.ts";

/** Linux's number for an exception of node:fs: by name, since systems number errors differently. */
export function errnoOf(e: unknown): number {
  const code = e instanceof Error && "code" in e ? e.code : undefined;
  if (typeof code !== "string") return EIO;
  const known = errnoByName(code);
  if (known !== undefined) return known;
  switch (code) {
    case "ERR_INVALID_ARG_VALUE":
    case "ERR_INVALID_ARG_TYPE":
    case "ERR_OUT_OF_RANGE":
      return EINVAL;
    case "ERR_FS_EISDIR":
      return EISDIR;
    case "ERR_ACCESS_DENIED":
      return EACCES;
    case "ERR_FS_FILE_TOO_LARGE":
      return EINVAL;
    case "EOF":
      return ENOENT;
    default:
      return EIO;
  }
}

/** Runs a node:fs call; its result or -errno. */
export function attempt<T>(fn: () => T): T | number {
  // A stack trace costs more than most calls, and nobody reads it.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return fn();
  } catch (e) {
    return -errnoOf(e);
  } finally {
    Error.stackTraceLimit = limit;
  }
}
