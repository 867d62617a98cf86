import { EAFNOSUPPORT, EINVAL } from "../../abi/errno.ts";
import { SOCKADDR_NL_SIZE } from "../../abi/netlink.ts";
import { AF_INET, AF_INET6, AF_NETLINK, AF_UNIX, SUN_PATH } from "../../abi/socket.ts";

/** AF_UNIX: a path, an abstract name (begins with NUL), or "" for a socket without a name (unix(7)). */
export interface UnixAddress {
  family: typeof AF_UNIX;
  path: string;
}

/** AF_INET and AF_INET6. `ip` has 4 or 16 numbers. */
export interface InetAddress {
  family: typeof AF_INET | typeof AF_INET6;
  ip: readonly number[];
  port: number;
}

/** AF_NETLINK: port 0 is the kernel. */
export interface NetlinkAddress {
  family: typeof AF_NETLINK;
  port: number;
  groups: number;
}

export type Address = UnixAddress | InetAddress | NetlinkAddress;

export function isInet(a: Address): a is InetAddress {
  return a.family === AF_INET || a.family === AF_INET6;
}

/** Parses a struct sockaddr; -errno if it is malformed or of another family. */
export function decodeAddress(bytes: Uint8Array, family: number): Address | number {
  if (bytes.length < 2) return -EINVAL;
  if ((bytes[0] | (bytes[1] << 8)) !== family) return family === AF_UNIX ? -EINVAL : -EAFNOSUPPORT;
  if (family === AF_UNIX) return { family, path: unixPath(bytes.subarray(2)) };
  if (family === AF_NETLINK) return decodeNetlink(bytes);
  const port = (bytes[2] << 8) | bytes[3];
  if (family === AF_INET) return bytes.length < 16 ? -EINVAL : { family, ip: [...bytes.subarray(4, 8)], port };
  if (family !== AF_INET6) return -EAFNOSUPPORT;
  return bytes.length < 24 ? -EINVAL : { family, ip: [...bytes.subarray(8, 24)], port };
}

function decodeNetlink(bytes: Uint8Array): NetlinkAddress | number {
  if (bytes.length < SOCKADDR_NL_SIZE) return -EINVAL;
  const v = new DataView(bytes.buffer, bytes.byteOffset);
  return { family: AF_NETLINK, port: v.getInt32(4, true), groups: v.getUint32(8, true) };
}

/** Paths end at a NUL; abstract names are all bytes given. */
function unixPath(bytes: Uint8Array): string {
  const text = String.fromCharCode(...bytes.subarray(0, SUN_PATH));
  if (text.startsWith("\0")) return text;
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/** A struct sockaddr with exactly its length. */
export function encodeAddress(a: Address): Uint8Array {
  if (a.family === AF_UNIX) {
    // Paths come back with their NUL, abstract names as they are.
    const ending = a.path === "" || a.path.startsWith("\0") ? "" : "\0";
    return Uint8Array.from(`\x01\0${a.path}${ending}`, (c) => c.charCodeAt(0));
  }
  if (a.family === AF_NETLINK) {
    const v = new DataView(new ArrayBuffer(SOCKADDR_NL_SIZE));
    v.setUint16(0, a.family, true);
    v.setInt32(4, a.port, true);
    v.setUint32(8, a.groups, true);
    return new Uint8Array(v.buffer);
  }
  const out = new Uint8Array(a.family === AF_INET ? 16 : 28);
  out[0] = a.family;
  out[2] = a.port >> 8;
  out[3] = a.port & 255;
  out.set(a.ip, a.family === AF_INET ? 4 : 8);
  return out;
}

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];

/** The IPv4 address that an IPv6 one stands for (::ffff:a.b.c.d), else the address itself. */
export function plainIp(ip: readonly number[]): readonly number[] {
  return ip.length === 16 && MAPPED.every((b, i) => ip[i] === b) ? ip.slice(12) : ip;
}

export function isAnyIp(ip: readonly number[]): boolean {
  return ip.every((b) => b === 0);
}

/** 127.0.0.0/8 and ::1. */
export function isLoopback(ip: readonly number[]): boolean {
  const plain = plainIp(ip);
  return plain.length === 4 ? plain[0] === 127 : plain.every((b, i) => b === (i === 15 ? 1 : 0));
}

/** The same address in the family of the socket that is to show it. */
export function asFamily(a: InetAddress, family: InetAddress["family"]): InetAddress {
  const plain = plainIp(a.ip);
  if (family === AF_INET6 && plain.length === 4) return { family, ip: [...MAPPED, ...plain], port: a.port };
  return { family, ip: family === AF_INET ? plain : a.ip, port: a.port };
}
