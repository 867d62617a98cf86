import * as E from "../../abi/errno.ts";
import { AF_INET, AF_INET6, AF_UNIX } from "../../abi/socket.ts";
import { Attached } from "../../base/attached.ts";
import type { File, Inode } from "../../vfs/types.ts";
import { releaseFile } from "../fdtable.ts";
import { type Address, type InetAddress, isAnyIp, isInet, isLoopback, plainIp } from "./address.ts";
import type { Gateway } from "./gateway.ts";
import { fromHost, type Interface, loopback } from "./interfaces.ts";
import type { Socket } from "./socket.ts";

/** Ports that the kernel hands out: /proc/sys/net/ipv4/ip_local_port_range. */
const FIRST_PORT = 32768;
const LAST_PORT = 60999;

/** The machine's network: names that sockets are bound to. It reaches no further than the loopback. */
export class Net {
  private readonly abstract = new Map<string, Socket>();
  private readonly paths = new Attached<Inode, Socket>("socket");
  /** Bound internet sockets, by protocol and port. */
  private readonly ports = new Map<string, Socket[]>();
  private nextPort = FIRST_PORT;
  private nextName = 1;
  /** The way to the host's network, if there is to be one. */
  gateway: Gateway | undefined;
  get loopbackUp(): boolean {
    return this.up;
  }
  set loopbackUp(up: boolean) {
    this.up = up;
    this.loopbackUsed ||= up;
  }
  private loopbackUsed: boolean;
  /** lo, and what the host has if its network can be reached. */
  interfaces(): Interface[] {
    return [loopback(this.loopbackUp, this.loopbackUsed), ...fromHost(this.gateway?.host.interfaces() ?? [])];
  }
  private readonly netlinkPorts = new Map<number, Socket>();
  private nextNetlinkPort = -4096;
  /** Takes the wanted port number, or another if that is in use. */
  netlinkPort(socket: Socket, wanted: number): number {
    const port = this.netlinkPorts.has(wanted) ? this.nextNetlinkPort-- : wanted;
    this.netlinkPorts.set(port, socket);
    return port;
  }
  freeNetlinkPort(port: number): void {
    this.netlinkPorts.delete(port);
  }
  /** Without internet sockets at all. */
  unixOnly = false;
  /** Real time, nanoseconds: of arrivals. */
  now: () => bigint = () => 0n;

  constructor(
    /** Is the loopback up? A network namespace begins with it down: nothing can be reached. */
    private up = true,
    /** The inode that a unix(7) path leads to; set by the calls, which know whose path it is. */
    private resolve: (path: string) => Inode | number = () => -E.ENOENT,
  ) {
    this.loopbackUsed = up;
  }
  /** Runs `fn` while paths mean what `resolve` says. */
  as<T>(resolve: (path: string) => Inode | number, fn: () => T): T {
    const before = this.resolve;
    this.resolve = resolve;
    try {
      return fn();
    } finally {
      this.resolve = before;
    }
  }
  unnamed(domain: number): Address {
    if (domain === AF_UNIX) return { family: AF_UNIX, path: "" };
    if (domain === AF_INET6) return { family: AF_INET6, ip: new Array(16).fill(0), port: 0 };
    return { family: AF_INET, ip: [0, 0, 0, 0], port: 0 };
  }
  drop(files: readonly File[]): void {
    for (const f of files) releaseFile(f);
  }

  /** The socket bound to an address; -ECONNREFUSED, -ENOENT ... if there is none. */
  find(from: Socket, to: Address): Socket | number {
    if (to.family === AF_UNIX) return this.findUnix(to.path);
    if (!isInet(to)) return -E.ECONNREFUSED;
    const plain = plainIp(to.ip);
    if (!this.loopbackUp || (!isAnyIp(plain) && !isLoopback(plain))) return -E.ENETUNREACH;
    const list = this.ports.get(`${from.protocol} ${to.port}`) ?? [];
    const exact = list.find((s) => accepts(s, plain, false));
    return exact ?? list.find((s) => accepts(s, plain, true)) ?? -E.ECONNREFUSED;
  }
  private findUnix(path: string): Socket | number {
    if (path === "") return -E.EINVAL;
    if (path.startsWith("\0")) return this.abstract.get(path) ?? -E.ECONNREFUSED;
    const inode = this.resolve(path);
    if (typeof inode === "number") return inode;
    return this.paths.get(inode) ?? -E.ECONNREFUSED;
  }

  /** Gives a unix(7) socket an abstract name; an empty path asks for any. */
  bindAbstract(socket: Socket, path: string): number {
    let name = path;
    while (name === "" || (path === "" && this.abstract.has(name))) {
      name = `\0${(this.nextName++).toString(16).padStart(5, "0")}`;
    }
    if (this.abstract.has(name)) return -E.EADDRINUSE;
    this.abstract.set(name, socket);
    socket.local = { family: AF_UNIX, path: name };
    return 0;
  }
  bindPath(socket: Socket, path: string, inode: Inode): void {
    this.paths.set(inode, socket);
    socket.boundInode = inode;
    socket.local = { family: AF_UNIX, path };
  }
  bindInet(socket: Socket, a: InetAddress): number {
    const plain = plainIp(a.ip);
    if (!isAnyIp(plain) && !this.loopbackUp) return -E.EADDRNOTAVAIL;
    if (!isAnyIp(plain) && !isLoopback(plain) && !this.gateway?.owns(plain)) return -E.EADDRNOTAVAIL;
    const port = a.port || this.freePort(socket);
    if (port < 0) return port;
    const list = this.ports.get(`${socket.protocol} ${port}`) ?? [];
    const clash = list.some((s) => conflicts(s, socket, plain) && !(s.reuse && socket.reuse && !s.listening));
    if (clash) return -E.EADDRINUSE;
    list.push(socket);
    this.ports.set(`${socket.protocol} ${port}`, list);
    socket.local = { ...a, port };
    return 0;
  }
  bindEphemeral(socket: Socket): number {
    const { ip, family } = this.unnamed(socket.domain) as InetAddress;
    if (this.gateway) return this.bindInet(socket, { family, ip, port: 0 });
    const local = family === AF_INET ? [127, 0, 0, 1] : [...ip.slice(0, 15), 1];
    return this.bindInet(socket, { family, ip: local, port: 0 });
  }
  private freePort(socket: Socket): number {
    for (let i = FIRST_PORT; i <= LAST_PORT; i++) {
      const port = this.nextPort;
      this.nextPort = port === LAST_PORT ? FIRST_PORT : port + 1;
      if (!this.ports.has(`${socket.protocol} ${port}`)) return port;
    }
    return -E.EADDRINUSE;
  }
  unbind(socket: Socket): void {
    const { local } = socket;
    if (!local) return;
    if (local.family === AF_UNIX) {
      if (this.abstract.get(local.path) === socket) this.abstract.delete(local.path);
      if (socket.boundInode && this.paths.get(socket.boundInode) === socket) this.paths.delete(socket.boundInode);
      return;
    }
    const key = `${socket.protocol} ${local.port}`;
    const left = (this.ports.get(key) ?? []).filter((s) => s !== socket);
    if (left.length > 0) this.ports.set(key, left);
    else this.ports.delete(key);
  }
}

function boundIp(s: Socket): readonly number[] {
  return s.local && isInet(s.local) ? plainIp(s.local.ip) : [];
}

/** Does a bound socket take what is sent to the address: by its very address, or because it is bound to any? */
function accepts(s: Socket, ip: readonly number[], any: boolean): boolean {
  const own = boundIp(s);
  if (any) return (isAnyIp(own) || isAnyIp(ip)) && s.families(own).includes(ip.length);
  return own.length === ip.length && own.every((b, i) => b === ip[i]);
}

/** Is there an address that both would take, the one bound and the other that wants this address? */
function conflicts(s: Socket, other: Socket, ip: readonly number[]): boolean {
  const own = boundIp(s);
  const theirs = other.families(ip);
  if (!s.families(own).some((n) => theirs.includes(n))) return false;
  return isAnyIp(own) || isAnyIp(ip) || accepts(s, ip, false);
}
