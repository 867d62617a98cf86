/** siginfo_t in bytes (sigaction(2); the union's members start at byte 16 on x86-64). */
import {
  SI_TIMER,
  SIGBUS,
  SIGCHLD,
  SIGFPE,
  SIGILL,
  SIGINFO_SIZE,
  SIGSEGV,
  SIGSYS,
  SIGTRAP,
  type SigInfo,
} from "../abi/signal.ts";
import type { Task } from "./task.ts";

const AUDIT_ARCH_X86_64 = 0xc000003e;
const FAULTS = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP];

/** `seen`: by whom, where ids are to be those of its namespaces. */
export function encodeSigInfo(info: SigInfo, seen?: Task): Uint8Array {
  if (info.raw) return info.raw;
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const v = new DataView(bytes.buffer);
  v.setInt32(0, info.signo, true);
  v.setInt32(4, info.errno ?? 0, true);
  v.setInt32(8, info.code, true);
  if (info.code === SI_TIMER) {
    v.setInt32(16, info.timerId ?? 0, true);
    v.setInt32(20, info.overrun ?? 0, true);
    v.setBigUint64(24, BigInt.asUintN(64, info.value ?? 0n), true);
    return bytes;
  }
  if (info.band !== undefined) {
    v.setBigInt64(16, BigInt(info.band), true);
    v.setInt32(24, info.fd ?? 0, true);
    return bytes;
  }
  if (info.code > 0 && FAULTS.includes(info.signo) && info.addr !== undefined) {
    v.setBigUint64(16, BigInt.asUintN(64, info.addr), true);
    return bytes;
  }
  if (info.code > 0 && info.signo === SIGSYS) {
    v.setBigUint64(16, BigInt.asUintN(64, info.addr ?? 0n), true);
    v.setInt32(24, info.syscall ?? 0, true);
    v.setUint32(28, AUDIT_ARCH_X86_64, true);
    return bytes;
  }
  const [pid, uid] = [info.pid ?? 0, info.uid ?? 0];
  v.setInt32(16, seen ? seen.process.pidNs.shown(pid) : pid, true);
  v.setUint32(20, seen ? seen.cred.userNs.shown("uid", uid) : uid, true);
  if (info.signo === SIGCHLD && info.code > 0) {
    v.setInt32(24, info.status ?? 0, true);
    v.setBigInt64(32, BigInt(info.utime ?? 0), true);
    v.setBigInt64(40, BigInt(info.stime ?? 0), true);
  } else {
    v.setBigUint64(24, BigInt.asUintN(64, info.value ?? 0n), true);
  }
  return bytes;
}

/** What rt_sigqueueinfo(2) was given: the bytes are passed on as they are. */
export function decodeSigInfo(bytes: Uint8Array, signo: number): SigInfo {
  const raw = bytes.slice();
  const v = new DataView(raw.buffer);
  v.setInt32(0, signo, true);
  return {
    signo,
    errno: v.getInt32(4, true),
    code: v.getInt32(8, true),
    pid: v.getInt32(16, true),
    uid: v.getUint32(20, true),
    value: v.getBigUint64(24, true),
    raw,
  };
}
