/** Options of sockets that change nothing in here: what Linux takes for each, and what it is until it is set. */
import { EINVAL, ENOPROTOOPT } from "../../abi/errno.ts";
import * as I from "../../abi/in.ts";
import * as S from "../../abi/socket.ts";
import * as T from "../../abi/tcp.ts";

interface Rule {
  /** "flag": anything but 0 is 1; "fixed": can't be set; "bytes": a name or a structure. */
  kind: "flag" | "int" | "bytes" | "fixed";
  /** The value at the start; of "bytes", how many zeroes, and at least so many must be given. */
  first: number;
  least: number;
  most: number;
}

const INT_MAX = 0x7fffffff;
const rules = new Map<string, Rule>();

function flags(level: number, ...names: number[]): void {
  for (const name of names) rules.set(`${level} ${name}`, { kind: "flag", first: 0, least: 0, most: 1 });
}
/** Such as are on until they are switched off. */
function flagsOn(level: number, ...names: number[]): void {
  for (const name of names) rules.set(`${level} ${name}`, { kind: "flag", first: 1, least: 0, most: 1 });
}
function int(level: number, name: number, first: number, least = -INT_MAX - 1, most = INT_MAX): void {
  rules.set(`${level} ${name}`, { kind: "int", first, least, most });
}
function bytes(level: number, name: number, size = 0): void {
  rules.set(`${level} ${name}`, { kind: "bytes", first: size, least: 0, most: 0 });
}

// socket(7)
flags(S.SOL_SOCKET, S.SO_DEBUG, S.SO_REUSEADDR, S.SO_DONTROUTE, S.SO_BROADCAST, S.SO_KEEPALIVE, S.SO_OOBINLINE);
flags(S.SOL_SOCKET, S.SO_REUSEPORT, S.SO_PASSCRED, S.SO_TIMESTAMP, S.SO_PASSSEC, S.SO_TIMESTAMPNS, S.SO_RXQ_OVFL);
flags(S.SOL_SOCKET, S.SO_NOFCS, S.SO_LOCK_FILTER, S.SO_SELECT_ERR_QUEUE, S.SO_ZEROCOPY);
int(S.SOL_SOCKET, S.SO_PRIORITY, 0);
int(S.SOL_SOCKET, S.SO_RCVLOWAT, 1);
int(S.SOL_SOCKET, S.SO_MARK, 0);
int(S.SOL_SOCKET, S.SO_TIMESTAMPING, 0);
int(S.SOL_SOCKET, S.SO_BUSY_POLL, 0, 0);
int(S.SOL_SOCKET, S.SO_INCOMING_CPU, -1);
bytes(S.SOL_SOCKET, S.SO_LINGER, 8);
bytes(S.SOL_SOCKET, S.SO_BINDTODEVICE);
rules.set(`${S.SOL_SOCKET} ${S.SO_SNDLOWAT}`, { kind: "fixed", first: 1, least: 0, most: 0 });

// ip(7)
flags(S.IPPROTO_IP, I.IP_RECVOPTS, I.IP_RETOPTS, I.IP_PKTINFO, I.IP_RECVERR, I.IP_RECVTTL, I.IP_RECVTOS);
flags(S.IPPROTO_IP, I.IP_FREEBIND, I.IP_TRANSPARENT, I.IP_ORIGDSTADDR, I.IP_BIND_ADDRESS_NO_PORT);
flagsOn(S.IPPROTO_IP, I.IP_MULTICAST_LOOP, I.IP_MULTICAST_ALL);
int(S.IPPROTO_IP, I.IP_TOS, 0);
int(S.IPPROTO_IP, I.IP_TTL, 64, 1, 255);
int(S.IPPROTO_IP, I.IP_MTU_DISCOVER, 1, 0, 5);
int(S.IPPROTO_IP, I.IP_MINTTL, 0, 0, 255);
int(S.IPPROTO_IP, I.IP_MULTICAST_TTL, 1, -1, 255);
bytes(S.IPPROTO_IP, I.IP_OPTIONS);
bytes(S.IPPROTO_IP, I.IP_MULTICAST_IF, 4);

// ipv6(7)
flags(S.IPPROTO_IPV6, I.IPV6_RECVERR, I.IPV6_V6ONLY, I.IPV6_RECVPKTINFO, I.IPV6_RECVHOPLIMIT, I.IPV6_RECVRTHDR);
flags(S.IPPROTO_IPV6, I.IPV6_RECVDSTOPTS, I.IPV6_DONTFRAG, I.IPV6_RECVTCLASS, I.IPV6_TRANSPARENT, I.IPV6_FREEBIND);
flagsOn(S.IPPROTO_IPV6, I.IPV6_MULTICAST_LOOP, I.IPV6_MULTICAST_ALL, I.IPV6_AUTOFLOWLABEL);
int(S.IPPROTO_IPV6, I.IPV6_UNICAST_HOPS, 64, -1, 255);
int(S.IPPROTO_IPV6, I.IPV6_MULTICAST_HOPS, 1, -1, 255);
int(S.IPPROTO_IPV6, I.IPV6_MULTICAST_IF, 0);
int(S.IPPROTO_IPV6, I.IPV6_MTU_DISCOVER, 1, 0, 5);
int(S.IPPROTO_IPV6, I.IPV6_TCLASS, 0, -1, 255);
int(S.IPPROTO_IPV6, I.IPV6_ADDR_PREFERENCES, 0);

// tcp(7)
flags(S.IPPROTO_TCP, T.TCP_NODELAY, T.TCP_CORK, T.TCP_THIN_LINEAR_TIMEOUTS, T.TCP_FASTOPEN_CONNECT);
flagsOn(S.IPPROTO_TCP, T.TCP_QUICKACK);
int(S.IPPROTO_TCP, T.TCP_MAXSEG, 536, 88, 32767);
int(S.IPPROTO_TCP, T.TCP_KEEPIDLE, 7200, 1, 32767);
int(S.IPPROTO_TCP, T.TCP_KEEPINTVL, 75, 1, 32767);
int(S.IPPROTO_TCP, T.TCP_KEEPCNT, 9, 1, 127);
int(S.IPPROTO_TCP, T.TCP_SYNCNT, 6, 1, 127);
int(S.IPPROTO_TCP, T.TCP_LINGER2, 60);
int(S.IPPROTO_TCP, T.TCP_DEFER_ACCEPT, 0);
int(S.IPPROTO_TCP, T.TCP_WINDOW_CLAMP, 0);
int(S.IPPROTO_TCP, T.TCP_USER_TIMEOUT, 0, 0);
int(S.IPPROTO_TCP, T.TCP_FASTOPEN, 0, 0);
int(S.IPPROTO_TCP, T.TCP_NOTSENT_LOWAT, 0);

// udplite(7): nothing is lost on the way here, whatever part of it is covered.
int(S.IPPROTO_UDPLITE, S.UDPLITE_SEND_CSCOV, 0, 0);
int(S.IPPROTO_UDPLITE, S.UDPLITE_RECV_CSCOV, 0, 0);

const asBytes = (value: number): Uint8Array => new Uint8Array(Int32Array.of(value).buffer);

/** The number kept for a given one, or undefined if there is none. -1 stands for the first value where a protocol has a TTL. */
function keptFor(rule: Rule, value: number): number | undefined {
  if (rule.kind === "flag") return value === 0 ? 0 : 1;
  if (value === -1 && rule.first > 0 && rule.least <= 1) return rule.first;
  return value < rule.least || value > rule.most ? undefined : value;
}

/** Options by level and name, as far as they were set. */
export class KeptOptions {
  private readonly values = new Map<string, Uint8Array>();

  /** Takes a value: 0, -ENOPROTOOPT if there is no such option, -EINVAL if it can't have that value. */
  set(level: number, name: number, value: Uint8Array): number {
    const key = `${level} ${name}`;
    const rule = rules.get(key);
    if (!rule || rule.kind === "fixed") return -ENOPROTOOPT;
    if (rule.kind === "bytes") {
      if (value.length < rule.first) return -EINVAL;
      this.values.set(key, value);
      return 0;
    }
    // Levels of protocols before IPv6 take a char as well (ip(7)).
    if (value.length < (level === S.IPPROTO_IP ? 1 : 4)) return -EINVAL;
    const given = value.length < 4 ? value[0] : new DataView(value.buffer, value.byteOffset).getInt32(0, true);
    const kept = keptFor(rule, given);
    if (kept === undefined) return -EINVAL;
    this.values.set(key, asBytes(kept));
    return 0;
  }
  /** The value as bytes, or undefined if there is no such option. */
  get(level: number, name: number): Uint8Array | undefined {
    const key = `${level} ${name}`;
    const rule = rules.get(key);
    if (!rule) return undefined;
    return this.values.get(key) ?? (rule.kind === "bytes" ? new Uint8Array(rule.first) : asBytes(rule.first));
  }
  /** Of an option that is a number. */
  number(level: number, name: number): number {
    const value = this.get(level, name);
    return value && value.length >= 4 ? new DataView(value.buffer, value.byteOffset).getInt32(0, true) : 0;
  }
}
