/** getsockopt(2), TCP_INFO: tcp(7). */
import type { TcpSocket } from "./tcp.ts";

/** struct tcp_info of <linux/tcp.h>, as of Linux 5.16; programs ask for as much of it as they know. */
const SIZE = 248;
/** Timestamps, selective acknowledgements and window scaling, as both sides have them. */
const OPTIONS = 7;
const SCALES = 0x77;

/** What a new connection over Linux's loopback begins with, by the offset; microseconds and bytes. Nothing is ever lost in here. */
const CONNECTED: readonly (readonly [number, number])[] = [
  [8, 201000], // tcpi_rto
  [16, 32768], // tcpi_snd_mss
  [20, 536], // tcpi_rcv_mss
  [60, 65535], // tcpi_pmtu
  [64, 65483], // tcpi_rcv_ssthresh
  [76, 0x7fffffff], // tcpi_snd_ssthresh
  [80, 10], // tcpi_snd_cwnd
  [84, 65483], // tcpi_advmss
  [88, 3], // tcpi_reordering
];

export function tcpInfo(s: TcpSocket): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  const view = new DataView(bytes.buffer);
  bytes[0] = s.state;
  if (s.listening) {
    // tcpi_unacked and tcpi_sacked are a listener's connections: those that wait, and how many may.
    view.setUint32(24, s.backlogged.waiting, true);
    view.setUint32(28, s.backlogged.most, true);
    return bytes;
  }
  if (s.peerOwner === undefined) return bytes;
  bytes[5] = OPTIONS;
  bytes[6] = SCALES;
  for (const [at, value] of CONNECTED) view.setUint32(at, value, true);
  return bytes;
}
