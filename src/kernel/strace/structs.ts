/** Structures in guest memory, briefly. Those that the call fills in are shown only after it succeeded. */
import { signalName } from "../../abi/signal.ts";
import type { Argument } from "./arguments.ts";
import { FLAGS, modeText } from "./flags.ts";
import { pointer } from "./text.ts";

type Formatter = (a: Argument) => string;

/** For structures that the call writes. */
function written(fn: Formatter): Formatter {
  return (a) => (a.result === undefined || a.result < 0 ? pointer(a.value) : fn(a));
}

function signals(set: bigint): string {
  const all = [];
  for (let n = 1; n <= 64; n++) if (set & (1n << BigInt(n - 1))) all.push(signalName(n).replace(/^SIG/, ""));
  return all.length > 32 ? "~[...]" : `[${all.join(" ")}]`;
}

function timespec(a: Argument): string {
  return `{tv_sec=${a.user.i64(a.value)}, tv_nsec=${a.user.i64(a.value + 8)}}`;
}
function timeval(a: Argument): string {
  return `{tv_sec=${a.user.i64(a.value)}, tv_usec=${a.user.i64(a.value + 8)}}`;
}

function pollfds(a: Argument): string {
  const count = a.call.args[a.index + 1];
  const out: string[] = [];
  for (let i = 0; i < Math.min(count, 16); i++) {
    const at = a.value + 8 * i;
    const revents = a.result ? `, revents=${FLAGS.poll(a.user.u16(at + 6))}` : "";
    out.push(`{fd=${a.user.i32(at)}, events=${FLAGS.poll(a.user.u16(at + 4))}${revents}}`);
  }
  return `[${out.join(", ")}]`;
}

function fdSet(a: Argument): string {
  const n = Math.min(a.call.args[0], 1024);
  const bytes = a.user.readBytes(a.value, Math.ceil(n / 64) * 8);
  const fds: number[] = [];
  for (let fd = 0; fd < n; fd++) if (bytes[fd >> 3] & (1 << (fd & 7))) fds.push(fd);
  return `[${fds.join(" ")}]`;
}

function sigaction(a: Argument): string {
  const handler = a.user.u64(a.value);
  const name = handler === 0 ? "SIG_DFL" : handler === 1 ? "SIG_IGN" : pointer(handler);
  const flags = FLAGS.sa(a.user.u32(a.value + 8));
  return `{sa_handler=${name}, sa_mask=${signals(a.user.big(a.value + 24))}, sa_flags=${flags}}`;
}

function waitStatus(a: Argument): string {
  const s = a.user.u32(a.value);
  if ((s & 0x7f) === 0) return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${(s >> 8) & 255}}]`;
  if ((s & 0xff) === 0x7f) return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName((s >> 8) & 255)}}]`;
  return `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(s & 0x7f)}}]`;
}

function rlimit(a: Argument): string {
  const show = (v: bigint): string => (v === 0xffffffffffffffffn ? "RLIM64_INFINITY" : `${v}`);
  return `{rlim_cur=${show(a.user.big(a.value))}, rlim_max=${show(a.user.big(a.value + 8))}}`;
}

/** By argument kind, or the name after "struct:". */
export const STRUCTS: Readonly<Record<string, Formatter>> = {
  stat: written((a) => {
    const mode = a.user.u32(a.value + 24);
    const size = a.user.i64(a.value + 48);
    return `{st_mode=${modeText(mode)}, st_size=${size}, ...}`;
  }),
  statx: written((a) => `{stx_mode=${modeText(a.user.u16(a.value + 28))}, stx_size=${a.user.u64(a.value + 40)}, ...}`),
  statfs: written((a) => `{f_type=0x${a.user.u64(a.value).toString(16)}, f_bsize=${a.user.u64(a.value + 8)}, ...}`),
  timespec,
  timespec_out: written(timespec),
  timeval,
  timeval_out: written(timeval),
  timespecs: (a) => `[${timespec(a)}, ${timespec({ ...a, value: a.value + 16 })}]`,
  timevals: (a) => `[${timeval(a)}, ${timeval({ ...a, value: a.value + 16 })}]`,
  sigset: (a) => signals(a.user.big(a.value)),
  sigset_out: written((a) => signals(a.user.big(a.value))),
  sigaction,
  sigaction_out: written(sigaction),
  itimerval: (a) => `{it_interval=${timeval(a)}, it_value=${timeval({ ...a, value: a.value + 16 })}}`,
  itimerspec: (a) => `{it_interval=${timespec(a)}, it_value=${timespec({ ...a, value: a.value + 16 })}}`,
  stack: (a) =>
    `{ss_sp=${pointer(a.user.u64(a.value))}, ss_flags=${a.user.i32(a.value + 8)}, ss_size=${a.user.u64(a.value + 16)}}`,
  utimbuf: (a) => `{actime=${a.user.i64(a.value)}, modtime=${a.user.i64(a.value + 8)}}`,
  pollfds,
  fd_set: fdSet,
  fd_pair: written((a) => `[${a.user.i32(a.value)}, ${a.user.i32(a.value + 4)}]`),
  epoll_event: (a) => `{events=${FLAGS.epoll(a.user.u32(a.value))}, data=${pointer(a.user.big(a.value + 4))}}`,
  wstatus: written((a) => (a.result ? waitStatus(a) : pointer(a.value))),
  rlimit,
  rlimit_out: written(rlimit),
  open_how: (a) => `{flags=${FLAGS.open(a.user.u32(a.value))}, mode=0${a.user.u64(a.value + 8).toString(8)}, ...}`,
};
