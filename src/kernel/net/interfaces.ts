/** Network interfaces, as netlink, ioctls and /proc/net tell of them. */
import * as N from "../../abi/netlink.ts";
import type { HostInterface } from "../../host/types.ts";

export interface InterfaceAddress {
  /** 4 or 16 numbers. */
  ip: readonly number[];
  /** Bits of the network. */
  prefix: number;
  scope: number;
}

export interface Interface {
  index: number;
  name: string;
  flags: number;
  /** ARPHRD_ */
  hardware: number;
  mac: readonly number[];
  mtu: number;
  addresses: readonly InterfaceAddress[];
}

const LOOPBACK_ADDRESSES: readonly InterfaceAddress[] = [
  { ip: [127, 0, 0, 1], prefix: 8, scope: N.RT_SCOPE_HOST },
  { ip: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], prefix: 128, scope: N.RT_SCOPE_HOST },
];

/** `kept`: it was up before; then its IPv4 address stays. */
export function loopback(up: boolean, kept: boolean): Interface {
  return {
    index: 1,
    name: "lo",
    flags: N.IFF_LOOPBACK | (up ? N.IFF_UP | N.IFF_RUNNING | N.IFF_LOWER_UP : 0),
    hardware: N.ARPHRD_LOOPBACK,
    mac: [0, 0, 0, 0, 0, 0],
    mtu: 65536,
    addresses: LOOPBACK_ADDRESSES.filter((a) => up || (kept && a.ip.length === 4)),
  };
}

/** What the host has besides its loopback: all of it up. */
export function fromHost(list: readonly HostInterface[]): Interface[] {
  return list.map(({ name, mac, addresses }, i) => ({
    index: i + 2,
    name,
    flags: N.IFF_UP | N.IFF_BROADCAST | N.IFF_RUNNING | N.IFF_MULTICAST | N.IFF_LOWER_UP,
    hardware: N.ARPHRD_ETHER,
    mac,
    mtu: 1500,
    addresses: addresses.map((a) => ({ ...a, scope: isLinkLocal(a.ip) ? N.RT_SCOPE_LINK : N.RT_SCOPE_UNIVERSE })),
  }));
}

/** fe80::/10 */
const isLinkLocal = (ip: readonly number[]): boolean => ip.length === 16 && ip[0] === 0xfe && (ip[1] & 0xc0) === 0x80;

/** The address with the bits behind the prefix cleared, or set. */
export function maskedIp(ip: readonly number[], prefix: number, set = false): number[] {
  return ip.map((b, i) => {
    const host = 0xff >> Math.min(8, Math.max(0, prefix - i * 8));
    return set ? b | host : b & ~host & 0xff;
  });
}

export const isUp = (i: Interface): boolean => (i.flags & N.IFF_UP) !== 0;
export const isLo = (i: Interface): boolean => (i.flags & N.IFF_LOOPBACK) !== 0;
