/** /proc/net (proc_pid_net(5)): a network namespace's interfaces and sockets as text. */
import * as N from "../abi/netlink.ts";
import { AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, SOCK_STREAM } from "../abi/socket.ts";
import { TCP_CLOSE, TCP_ESTABLISHED } from "../abi/tcp.ts";
import type { Kernel } from "./kernel.ts";
import type { NetNs } from "./namespaces.ts";
import type { Address } from "./net/address.ts";
import { asFamily, isInet } from "./net/address.ts";
import { isLo, maskedIp } from "./net/interfaces.ts";
import { Socket } from "./net/socket.ts";
import { TcpSocket } from "./net/tcp.ts";

const hex = (n: number, width: number): string => n.toString(16).toUpperCase().padStart(width, "0");
/** Words of four bytes as the processor reads them. */
function ipText(ip: readonly number[]): string {
  let out = "";
  for (let i = 0; i < ip.length; i += 4) out += [3, 2, 1, 0].map((j) => hex(ip[i + j], 2)).join("");
  return out;
}

/** All sockets that some process of the machine has open. */
function socketsOf(kernel: Kernel, ns: NetNs): Socket[] {
  const found = new Set<Socket>();
  for (const table of new Set([...kernel.tasks.values()].map((t) => t.fds)))
    for (const fd of table.list()) {
      const file = table.get(fd);
      if (file instanceof Socket && file.net === ns.net) found.add(file);
    }
  return [...found];
}

function inetText(sockets: readonly Socket[], family: number, type: number, head: string): string {
  const side = (a: Address | undefined): string => {
    const any = new Array(family === AF_INET ? 4 : 16).fill(0);
    const inet = a && isInet(a) ? asFamily(a, family === AF_INET ? AF_INET : AF_INET6) : undefined;
    return `${ipText(inet?.ip ?? any)}:${hex(inet?.port ?? 0, 4)}`;
  };
  const rows = sockets.filter((s) => s.domain === family && s.type === type && (s.local || s.peerAddress));
  const line = (s: Socket, i: number): string => {
    const state = s instanceof TcpSocket ? s.state : s.peerAddress ? TCP_ESTABLISHED : TCP_CLOSE;
    const queues = `${hex(0, 8)}:${hex(s.inbox.size, 8)} 00:00000000 00000000`;
    const ids = `${String(s.owner.uid).padStart(5)}        0 ${s.inode?.ino ?? 0} ${s.refs} 0000000000000000`;
    const text = `${String(i).padStart(4)}: ${side(s.local)} ${side(s.peerAddress)} ${hex(state, 2)} ${queues} ${ids}`;
    return `${text} ${type === SOCK_STREAM ? "100 0 0 10 0" : "0"}`.padEnd(type === SOCK_STREAM ? 149 : 127);
  };
  return [head, ...rows.map(line)].map((l) => `${l}\n`).join("");
}

const TCP_HEAD =
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode".padEnd(149);
const TCP6_HEAD =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
const UDP_HEAD =
  "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops             ";

const SS_UNCONNECTED = 1;
const SS_CONNECTED = 3;
/** __SO_ACCEPTCON */
const LISTENS = 0x10000;

function unixText(sockets: readonly Socket[]): string {
  const rows = sockets.filter((s) => s.domain === AF_UNIX);
  const line = (s: Socket): string => {
    const path = s.local?.family === AF_UNIX ? s.local.path.replace(/\0/g, "@") : "";
    const state = s.peerOwner ? SS_CONNECTED : SS_UNCONNECTED;
    const numbers = [hex(s.refs + 1, 8), hex(0, 8), hex(s.listening ? LISTENS : 0, 8), hex(s.type, 4), hex(state, 2)];
    return `0000000000000000: ${numbers.join(" ")} ${String(s.inode?.ino ?? 0).padStart(5)}${path ? ` ${path}` : ""}\n`;
  };
  return `Num       RefCount Protocol Flags    Type St Inode Path\n${rows.map(line).join("")}`;
}

function devText({ net }: NetNs): string {
  const head =
    "Inter-|   Receive                                                |  Transmit\n" +
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n";
  const zeros = [7, 7, 4, 4, 4, 5, 10, 9, 8, 7, 4, 4, 4, 5, 7, 10].map((w) => "0".padStart(w)).join(" ");
  const rows = net.interfaces().map((i) => `${i.name.padStart(6)}: ${zeros}\n`);
  return head + rows.join("");
}

const RTF_UP = 1;

function routeText({ net }: NetNs): string {
  const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
  const rows = net.interfaces().flatMap((i) =>
    i.addresses
      .filter((a) => a.ip.length === 4 && !isLo(i))
      .map(({ ip, prefix }) => {
        const [to, mask] = [maskedIp(ip, prefix), maskedIp([255, 255, 255, 255], prefix)];
        return `${i.name}\t${ipText(to)}\t00000000\t${hex(RTF_UP, 4)}\t0\t0\t0\t${ipText(mask)}\t0\t0\t0`;
      }),
  );
  return [head, ...rows].map((l) => `${l.padEnd(127)}\n`).join("");
}

function inet6Text({ net }: NetNs): string {
  const rows = net.interfaces().flatMap((i) =>
    i.addresses
      .filter((a) => a.ip.length === 16)
      .map(({ ip, prefix, scope }) => {
        const kind = scope === N.RT_SCOPE_HOST ? 0x10 : scope === N.RT_SCOPE_LINK ? 0x20 : 0;
        const digits = ip.map((b) => b.toString(16).padStart(2, "0")).join("");
        const numbers = [i.index, prefix, kind, N.IFA_F_PERMANENT].map((n) => n.toString(16).padStart(2, "0"));
        return `${digits} ${numbers.join(" ")} ${i.name.padStart(8)}\n`;
      }),
  );
  return rows.join("");
}

/** The files of /proc/PID/net and how their text is made. */
export const NET_FILES: Readonly<Record<string, (kernel: Kernel, ns: NetNs) => string>> = {
  dev: (_, ns) => devText(ns),
  if_inet6: (_, ns) => inet6Text(ns),
  route: (_, ns) => routeText(ns),
  tcp: (k, ns) => inetText(socketsOf(k, ns), AF_INET, SOCK_STREAM, TCP_HEAD),
  tcp6: (k, ns) => inetText(socketsOf(k, ns), AF_INET6, SOCK_STREAM, TCP6_HEAD),
  udp: (k, ns) => inetText(socketsOf(k, ns), AF_INET, SOCK_DGRAM, UDP_HEAD),
  udp6: (k, ns) => inetText(socketsOf(k, ns), AF_INET6, SOCK_DGRAM, TCP6_HEAD),
  unix: (k, ns) => unixText(socketsOf(k, ns)),
};
