/** What goes along with a datagram besides its bytes, and how programs set it and see it: cmsg(3), ip(7), ipv6(7), socket(7). */
import { EINVAL } from "../../abi/errno.ts";
import * as I from "../../abi/in.ts";
import * as S from "../../abi/socket.ts";
import { asFamily, type InetAddress, isAnyIp, isLoopback, plainIp } from "./address.ts";
import type { Socket } from "./socket.ts";

/** Of an arrived datagram. */
export interface Travel {
  /** Where it was sent to. */
  to: InetAddress | undefined;
  /** Time to live, or hop limit; undefined where the host did not tell. */
  hops: number | undefined;
  /** Type of service, or traffic class. */
  service: number | undefined;
  /** When it came, nanoseconds of real time; 0n where nobody asked. */
  at: bigint;
}

/** What a sender asks for with control messages instead of options. */
export type Wishes = Partial<Pick<Travel, "hops" | "service">>;

/** One control message without its header. */
export interface Control {
  level: number;
  type: number;
  data: Uint8Array;
}

const bytesOf = (...numbers: number[]): Uint8Array => new Uint8Array(Int32Array.from(numbers).buffer);
const numberOf = (n: number | undefined): Uint8Array | undefined => (n === undefined ? undefined : bytesOf(n));
const isIpv6 = (s: Socket): boolean => s.domain === S.AF_INET6;

/** Where on the machine a socket sends from that is bound to no address. */
const LOOPBACK = [127, 0, 0, 1];

/** Which wish a control message is, and whether -1 leaves it to the socket. */
const WISHES = new Map<string, { wish: keyof Wishes; least: number }>([
  [`${S.IPPROTO_IP} ${I.IP_TTL}`, { wish: "hops", least: 1 }],
  [`${S.IPPROTO_IP} ${I.IP_TOS}`, { wish: "service", least: 0 }],
  [`${S.IPPROTO_IPV6} ${I.IPV6_HOPLIMIT}`, { wish: "hops", least: -1 }],
  [`${S.IPPROTO_IPV6} ${I.IPV6_TCLASS}`, { wish: "service", least: -1 }],
]);

/** Reads a sender's control message; others than wishes are not looked at. 0 or -EINVAL. */
export function readWish(c: Control, wishes: Wishes): number {
  const known = WISHES.get(`${c.level} ${c.type}`);
  if (!known) return 0;
  const byte = c.type === I.IP_TOS && c.level === S.IPPROTO_IP && c.data.length === 1;
  if (c.data.length !== 4 && !byte) return -EINVAL;
  const value = byte ? c.data[0] : new DataView(c.data.buffer, c.data.byteOffset).getInt32(0, true);
  if (value < known.least || value > 255) return -EINVAL;
  if (value >= 0) wishes[known.wish] = value;
  return 0;
}

/** How a datagram of this socket travels. */
export function travelFrom(s: Socket, to: InetAddress | undefined, wishes: Wishes): Travel {
  const level = isIpv6(s) ? S.IPPROTO_IPV6 : S.IPPROTO_IP;
  const [hops, service] = isIpv6(s) ? [I.IPV6_UNICAST_HOPS, I.IPV6_TCLASS] : [I.IP_TTL, I.IP_TOS];
  const number = (name: number): number => Math.max(0, s.options.number(level, name));
  return { to, hops: wishes.hops ?? number(hops), service: wishes.service ?? number(service), at: 0n };
}

export function wantsTime(s: Socket): boolean {
  return [S.SO_TIMESTAMP, S.SO_TIMESTAMPNS].some((name) => s.options.number(S.SOL_SOCKET, name) !== 0);
}

/** The control messages that the receiver has asked for, in Linux's order. */
export function arrivalControls(s: Socket, travel: Travel): Control[] {
  const { to } = travel;
  const controls = timeControls(s, travel.at);
  if (!to) return controls;
  // IPv4 in an IPv6 socket is told of as IPv4, except for the address.
  const plain = plainIp(to.ip).length === 4;
  if (isIpv6(s))
    controls.push(...wanted(s, S.IPPROTO_IPV6, plain ? [infoOf(to)] : [infoOf(to), ...ipv6Controls(travel)]));
  if (plain) controls.push(...wanted(s, S.IPPROTO_IP, ipv4Controls(travel, to)));
  return controls;
}

/** struct timeval or struct timespec. */
function timeControls(s: Socket, at: bigint): Control[] {
  const fine = s.options.number(S.SOL_SOCKET, S.SO_TIMESTAMPNS) !== 0;
  if (at === 0n || !wantsTime(s)) return [];
  const rest = at % 1000000000n;
  const data = new Uint8Array(BigInt64Array.of(at / 1000000000n, fine ? rest : rest / 1000n).buffer);
  return [{ level: S.SOL_SOCKET, type: fine ? S.SO_TIMESTAMPNS : S.SO_TIMESTAMP, data }];
}

/** A control message, and the option that asks for it. */
interface Offer {
  option: number;
  type: number;
  data: Uint8Array | undefined;
}

function wanted(s: Socket, level: number, offers: Offer[]): Control[] {
  return offers.flatMap(({ option, type, data }) =>
    data && s.options.number(level, option) !== 0 ? [{ level, type, data }] : [],
  );
}

function ipv4Controls(travel: Travel, to: InetAddress): Offer[] {
  const address = plainIp(to.ip);
  // struct in_pktinfo
  const info = new Uint8Array(12);
  info.set(bytesOf(interfaceOf(address)));
  info.set(address, 4);
  info.set(address, 8);
  return [
    { option: I.IP_PKTINFO, type: I.IP_PKTINFO, data: info },
    { option: I.IP_RECVTTL, type: I.IP_TTL, data: numberOf(travel.hops) },
    { option: I.IP_RECVTOS, type: I.IP_TOS, data: numberOf(travel.service)?.subarray(0, 1) },
  ];
}

function ipv6Controls(travel: Travel): Offer[] {
  return [
    { option: I.IPV6_RECVHOPLIMIT, type: I.IPV6_HOPLIMIT, data: numberOf(travel.hops) },
    { option: I.IPV6_RECVTCLASS, type: I.IPV6_TCLASS, data: numberOf(travel.service) },
  ];
}

/** struct in6_pktinfo. */
function infoOf(to: InetAddress): Offer {
  const data = new Uint8Array(20);
  data.set(asFamily(to, S.AF_INET6).ip);
  data.set(bytesOf(interfaceOf(to.ip)), 16);
  return { option: I.IPV6_RECVPKTINFO, type: I.IPV6_PKTINFO, data };
}

/** The loopback's number; of the host's interfaces it is not known which one it was. */
function interfaceOf(ip: readonly number[]): number {
  return isLoopback(ip) ? 1 : 0;
}

/** An address as a datagram has it: one that names none is the loopback's, of the kind of the other side's. */
export function specific(a: InetAddress, other: InetAddress | undefined): InetAddress {
  if (!isAnyIp(a.ip)) return a;
  const plain = a.family === S.AF_INET || (other !== undefined && plainIp(other.ip).length === 4);
  return plain ? asFamily({ ...a, ip: LOOPBACK }, a.family) : { ...a, ip: [...a.ip.slice(0, 15), 1] };
}
