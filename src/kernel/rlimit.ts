import * as R from "../abi/resource.ts";

export interface Limit {
  /** Infinity: no limit. */
  soft: number;
  hard: number;
}

const limit = (soft: number, hard = soft): Limit => ({ soft, hard });

/** What a login on Debian gives. */
export function defaultLimits(): Limit[] {
  const inf = R.RLIM_INFINITY;
  const all = Array.from({ length: R.RLIM_NLIMITS }, () => limit(inf));
  all[R.RLIMIT_STACK] = limit(8 << 20, inf);
  all[R.RLIMIT_CORE] = limit(0, inf);
  all[R.RLIMIT_NPROC] = limit(31000);
  all[R.RLIMIT_NOFILE] = limit(1024, 1048576);
  all[R.RLIMIT_MEMLOCK] = limit(8 << 20);
  all[R.RLIMIT_SIGPENDING] = limit(31000);
  all[R.RLIMIT_MSGQUEUE] = limit(819200);
  all[R.RLIMIT_NICE] = limit(0);
  all[R.RLIMIT_RTPRIO] = limit(0);
  return all;
}

export function copyLimits(from: readonly Limit[]): Limit[] {
  return from.map((l) => ({ ...l }));
}
