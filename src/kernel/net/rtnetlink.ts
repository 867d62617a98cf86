/** rtnetlink(7): questions about interfaces, addresses and routes, and the few changes that a loopback knows. */
import { ENODEV, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import * as N from "../../abi/netlink.ts";
import { AF_INET, AF_INET6 } from "../../abi/socket.ts";
import { type Interface, isLo, isUp, maskedIp } from "./interfaces.ts";
import type { Net } from "./net.ts";

export interface Request {
  type: number;
  flags: number;
  /** Behind the header. */
  payload: DataView;
}

export interface Answer {
  type: number;
  payload: Uint8Array;
}

const align4 = (n: number): number => (n + 3) & ~3;

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + align4(p.length), 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += align4(p.length);
  }
  return out;
}

function attribute(type: number, value: Uint8Array | readonly number[]): Uint8Array {
  const out = new Uint8Array(4 + value.length);
  new DataView(out.buffer).setUint16(0, out.length, true);
  new DataView(out.buffer).setUint16(2, type, true);
  out.set(value, 4);
  return out;
}
const word = (n: number): Uint8Array => new Uint8Array(Uint32Array.of(n).buffer);
const text = (s: string): Uint8Array => new TextEncoder().encode(`${s}\0`);

/** Attributes behind the fixed part of a request, by type. */
function attributes(v: DataView, from: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = from; at + 4 <= v.byteLength; ) {
    const length = v.getUint16(at, true);
    if (length < 4 || at + length > v.byteLength) break;
    found.set(v.getUint16(at + 2, true) & 0x3fff, new Uint8Array(v.buffer, v.byteOffset + at + 4, length - 4));
    at += align4(length);
  }
  return found;
}

/** struct ifinfomsg with its attributes. */
function linkMessage(i: Interface): Answer {
  const v = new DataView(new ArrayBuffer(16));
  v.setUint16(2, i.hardware, true);
  v.setInt32(4, i.index, true);
  v.setUint32(8, i.flags, true);
  const state = isLo(i) && isUp(i) ? N.OPER_UNKNOWN : isUp(i) ? N.OPER_UP : N.OPER_DOWN;
  const discipline = !isUp(i) ? "noop" : isLo(i) ? "noqueue" : "pfifo_fast";
  return {
    type: N.RTM_NEWLINK,
    payload: concat([
      new Uint8Array(v.buffer),
      attribute(N.IFLA_IFNAME, text(i.name)),
      attribute(N.IFLA_TXQLEN, word(1000)),
      attribute(N.IFLA_OPERSTATE, [state]),
      attribute(N.IFLA_LINKMODE, [0]),
      attribute(N.IFLA_MTU, word(i.mtu)),
      attribute(N.IFLA_GROUP, word(0)),
      attribute(N.IFLA_PROMISCUITY, word(0)),
      attribute(N.IFLA_NUM_TX_QUEUES, word(1)),
      attribute(N.IFLA_NUM_RX_QUEUES, word(1)),
      attribute(N.IFLA_CARRIER, [1]),
      attribute(N.IFLA_QDISC, text(discipline)),
      attribute(N.IFLA_ADDRESS, i.mac),
      attribute(N.IFLA_BROADCAST, new Array(6).fill(isLo(i) ? 0 : 0xff)),
      attribute(N.IFLA_STATS64, new Uint8Array(N.STATS64_SIZE)),
    ]),
  };
}

/** struct ifaddrmsg with its attributes, for each address. */
function addressMessages(i: Interface): Answer[] {
  return i.addresses.map(({ ip, prefix, scope }) => {
    const v4 = ip.length === 4;
    const v = new DataView(new ArrayBuffer(8));
    v.setUint8(0, v4 ? AF_INET : AF_INET6);
    v.setUint8(1, prefix);
    v.setUint8(2, N.IFA_F_PERMANENT);
    v.setUint8(3, scope);
    v.setUint32(4, i.index, true);
    const parts = [new Uint8Array(v.buffer), attribute(N.IFA_ADDRESS, ip)];
    if (v4) parts.push(attribute(N.IFA_LOCAL, ip));
    if (v4 && !isLo(i)) parts.push(attribute(N.IFA_BROADCAST, maskedIp(ip, prefix, true)));
    if (v4) parts.push(attribute(N.IFA_LABEL, text(i.name)));
    parts.push(attribute(N.IFA_FLAGS, word(N.IFA_F_PERMANENT)));
    const forever = Uint32Array.of(0xffffffff, 0xffffffff, 0, 0);
    parts.push(attribute(N.IFA_CACHEINFO, new Uint8Array(forever.buffer)));
    return { type: N.RTM_NEWADDR, payload: concat(parts) };
  });
}

interface Route {
  family: number;
  dst: readonly number[];
  prefix: number;
  table: number;
  type: number;
  scope: number;
  source?: readonly number[];
}

/** Networks that an interface's addresses lie in, and the addresses themselves. */
function routesOf(i: Interface): Route[] {
  return i.addresses.flatMap(({ ip, prefix }) => {
    const v4 = ip.length === 4;
    const family = v4 ? AF_INET : AF_INET6;
    const source = v4 ? ip : undefined;
    const own = { family, dst: ip, prefix: ip.length * 8, table: N.RT_TABLE_LOCAL, type: N.RTN_LOCAL, source };
    const dst = maskedIp(ip, prefix);
    const all = { ...own, scope: v4 ? N.RT_SCOPE_HOST : N.RT_SCOPE_UNIVERSE };
    if (isLo(i) && !v4) return [all];
    const last = { ...all, dst: maskedIp(ip, prefix, true), type: N.RTN_BROADCAST, scope: N.RT_SCOPE_LINK };
    if (isLo(i)) return isUp(i) ? [{ ...all, dst, prefix }, all, last] : [];
    const scope = v4 ? N.RT_SCOPE_LINK : N.RT_SCOPE_UNIVERSE;
    return [all, { family, dst, prefix, table: N.RT_TABLE_MAIN, type: N.RTN_UNICAST, scope, source }];
  });
}

function routeMessage(i: Interface, r: Route): Answer {
  const head = [r.family, r.prefix, 0, 0, r.table, N.RTPROT_KERNEL, r.scope, r.type, 0, 0, 0, 0];
  const parts = [Uint8Array.from(head), attribute(N.RTA_TABLE, word(r.table)), attribute(N.RTA_DST, r.dst)];
  if (r.family === AF_INET6) parts.push(attribute(N.RTA_PRIORITY, word(r.type === N.RTN_LOCAL ? 0 : 256)));
  if (r.source) parts.push(attribute(N.RTA_PREFSRC, r.source));
  parts.push(attribute(N.RTA_OIF, word(i.index)));
  return { type: N.RTM_NEWROUTE, payload: concat(parts) };
}

/** The interface that a request is about, by index or name; -ENODEV. */
function chosen(net: Net, v: DataView): Interface | number {
  const index = v.byteLength >= 8 ? v.getInt32(4, true) : 0;
  const name = attributes(v, 16).get(N.IFLA_IFNAME);
  const wanted = name && new TextDecoder().decode(name).replace(/\0.*$/s, "");
  const found = net.interfaces().find((i) => (index > 0 ? i.index === index : i.name === wanted));
  return found ?? -ENODEV;
}

/** Everything of a kind; -errno for kinds that are not there. */
export function dump(net: Net, { type, payload }: Request): Answer[] | number {
  const all = net.interfaces();
  const family = payload.byteLength > 0 ? payload.getUint8(0) : 0;
  const ofFamily = (a: Answer): boolean => family === 0 || a.payload[0] === family;
  switch (type) {
    case N.RTM_GETLINK:
      return all.map(linkMessage);
    case N.RTM_GETADDR: {
      const index = payload.byteLength >= 8 ? payload.getUint32(4, true) : 0;
      const messages = all.filter((i) => index === 0 || i.index === index).map(addressMessages);
      // IPv4 first, as Linux's families answer one after the other.
      return [AF_INET, AF_INET6].flatMap((f) => messages.flat().filter((a) => a.payload[0] === f && ofFamily(a)));
    }
    case N.RTM_GETROUTE: {
      const table = attributes(payload, 12).get(N.RTA_TABLE)?.[0] ?? 0;
      const routes = all.flatMap((i) => routesOf(i).map((r) => ({ r, message: routeMessage(i, r) })));
      return routes.filter((x) => (table === 0 || x.r.table === table) && ofFamily(x.message)).map((x) => x.message);
    }
    case N.RTM_GETNEIGH:
    case N.RTM_GETRULE:
      return [];
    default:
      return -EOPNOTSUPP;
  }
}

/** One question or change: answers, or the error number that the acknowledgement carries. */
export function act(net: Net, { type, payload }: Request, privileged: boolean): Answer[] | number {
  if (type === N.RTM_GETLINK) {
    const i = chosen(net, payload);
    return typeof i === "number" ? i : [linkMessage(i)];
  }
  if (type === N.RTM_NEWLINK || type === N.RTM_SETLINK) return privileged ? setLink(net, payload) : -EPERM;
  if (type === N.RTM_NEWADDR) return privileged ? addAddress(payload) : -EPERM;
  return -EOPNOTSUPP;
}

/** The loopback goes up or down; there is nothing else to change. */
function setLink(net: Net, v: DataView): Answer[] | number {
  const i = chosen(net, v);
  if (typeof i === "number") return i;
  if (!isLo(i)) return -EOPNOTSUPP;
  // ifi_flags counts where ifi_change says so; 0 means all.
  const mask = v.getUint32(12, true) || 0xffffffff;
  if (mask & N.IFF_UP) net.loopbackUp = (v.getUint32(8, true) & N.IFF_UP) !== 0;
  return [];
}

/** The addresses of the loopback come with it: giving it one of them once more changes nothing. */
function addAddress(v: DataView): Answer[] | number {
  const ip = attributes(v, 8).get(N.IFA_ADDRESS);
  const loop = ip && (ip.length === 4 ? ip[0] === 127 : ip.every((b, i) => b === (i === 15 ? 1 : 0)));
  return loop && v.getUint32(4, true) === 1 ? [] : -EOPNOTSUPP;
}
