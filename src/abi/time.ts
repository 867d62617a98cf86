/** clock_gettime(2), setitimer(2), timer_create(2). */
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_MONOTONIC_RAW = 4;
export const CLOCK_REALTIME_COARSE = 5;
export const CLOCK_MONOTONIC_COARSE = 6;
export const CLOCK_BOOTTIME = 7;
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;
export const CLOCK_TAI = 11;
export const TIMER_ABSTIME = 1;
export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;
export const NSEC = 1000000000n;

/** <sys/timex.h>: modes of adjtimex(2) that only look; what it answers while nobody keeps the clock right. */
export const ADJ_OFFSET_SS_READ = 0xa001;
export const TIME_ERROR = 5;
const STA_UNSYNC = 0x40;
const TIMEX_SIZE = 208;

/** struct timex of a clock that was never tuned, with the time in nanoseconds. */
export function encodeTimex(modes: number, now: bigint): Uint8Array {
  const v = new DataView(new ArrayBuffer(TIMEX_SIZE));
  const put = (at: number, value: number | bigint): void => v.setBigInt64(at, BigInt(value), true);
  v.setUint32(0, modes, true);
  // maxerror, esterror, microseconds
  put(24, 16000000);
  put(32, 16000000);
  v.setInt32(40, STA_UNSYNC, true);
  // constant, precision, tolerance
  put(48, 2);
  put(56, 1);
  put(64, 32768000);
  put(72, now / NSEC);
  put(80, (now % NSEC) / 1000n);
  // Microseconds between ticks.
  put(88, 10000);
  return new Uint8Array(v.buffer);
}
