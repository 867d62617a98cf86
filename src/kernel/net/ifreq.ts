/** netdevice(7): the ioctls of sockets that ask for interfaces by name. struct ifreq: name char[16], then a union. */
import { EADDRNOTAVAIL, EINVAL, ENODEV, ENOTTY, EOPNOTSUPP, EPERM } from "../../abi/errno.ts";
import * as N from "../../abi/netlink.ts";
import { AF_INET } from "../../abi/socket.ts";
import type { IoctlMemory } from "../../vfs/types.ts";
import { type Interface, isLo, maskedIp } from "./interfaces.ts";
import type { Net } from "./net.ts";

function nameOf(bytes: Uint8Array): string {
  const end = bytes.subarray(0, N.IFNAMSIZ).indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? N.IFNAMSIZ : end));
}

function writeName(v: DataView, name: string): void {
  for (let i = 0; i < N.IFNAMSIZ; i++) v.setUint8(i, name.charCodeAt(i) || 0);
}

/** struct sockaddr_in in the union. */
function writeIp(v: DataView, ip: readonly number[] | undefined): number {
  if (!ip) return -EADDRNOTAVAIL;
  v.setUint16(16, AF_INET, true);
  ip.forEach((b, i) => {
    v.setUint8(20 + i, b);
  });
  return 0;
}

function answer(i: Interface, request: number, v: DataView): number {
  const own = i.addresses.find((a) => a.ip.length === 4);
  switch (request) {
    case N.SIOCGIFFLAGS:
      v.setUint16(16, i.flags & 0xffff, true);
      return 0;
    case N.SIOCGIFADDR:
      return writeIp(v, own?.ip);
    case N.SIOCGIFNETMASK:
      return writeIp(v, own && maskedIp([255, 255, 255, 255], own.prefix));
    case N.SIOCGIFBRDADDR:
      return writeIp(v, own && (isLo(i) ? [0, 0, 0, 0] : maskedIp(own.ip, own.prefix, true)));
    case N.SIOCGIFMTU:
      v.setInt32(16, i.mtu, true);
      return 0;
    case N.SIOCGIFTXQLEN:
      v.setInt32(16, 1000, true);
      return 0;
    case N.SIOCGIFINDEX:
      v.setInt32(16, i.index, true);
      return 0;
    case N.SIOCGIFHWADDR:
      v.setUint16(16, i.hardware, true);
      i.mac.forEach((b, at) => {
        v.setUint8(18 + at, b);
      });
      return 0;
    default:
      return -ENOTTY;
  }
}

/** SIOCGIFCONF: struct ifconf { int length; struct ifreq *list }. */
function listAll(net: Net, arg: number, io: IoctlMemory): number {
  const head = io.readBytes(arg, 16);
  const v = new DataView(head.buffer, head.byteOffset, 16);
  const room = v.getInt32(0, true);
  const list = Number(v.getBigUint64(8, true));
  const named = net.interfaces().filter((i) => i.addresses.some((a) => a.ip.length === 4));
  const count = list ? Math.min(named.length, Math.max(0, Math.floor(room / N.IFREQ_SIZE))) : named.length;
  for (let n = 0; list && n < count; n++) {
    const out = new DataView(new ArrayBuffer(N.IFREQ_SIZE));
    writeName(out, named[n].name);
    answer(named[n], N.SIOCGIFADDR, out);
    io.writeBytes(list + n * N.IFREQ_SIZE, new Uint8Array(out.buffer));
  }
  io.writeBytes(arg, new Uint8Array(Int32Array.of(count * N.IFREQ_SIZE).buffer));
  return 0;
}

/** Serves a request about interfaces; -ENOTTY for any other. `privileged`: may change them. */
export function interfaceIoctl(net: Net, request: number, arg: number, io: IoctlMemory, privileged: boolean): number {
  if (request === N.SIOCGIFCONF) return listAll(net, arg, io);
  if (request < N.SIOCGIFNAME || request > N.SIOCGIFTXQLEN) return -ENOTTY;
  const bytes = io.readBytes(arg, N.IFREQ_SIZE).slice();
  const v = new DataView(bytes.buffer);
  const byIndex = request === N.SIOCGIFNAME;
  const found = net.interfaces().find((i) => (byIndex ? i.index === v.getInt32(16, true) : i.name === nameOf(bytes)));
  if (!found) return -ENODEV;
  if (request === N.SIOCSIFFLAGS) {
    if (!privileged) return -EPERM;
    if (!isLo(found)) return -EOPNOTSUPP;
    net.loopbackUp = (v.getUint16(16, true) & N.IFF_UP) !== 0;
    return 0;
  }
  if (byIndex) writeName(v, found.name);
  const r = byIndex ? 0 : answer(found, request, v);
  if (r === 0) io.writeBytes(arg, bytes);
  return r === -ENOTTY && request !== N.SIOCGIFNAME ? -EINVAL : r;
}
