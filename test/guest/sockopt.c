// build: gcc -O1
/* Options of sockets: what they are at the start, and what is read back when they were set. */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static void show(int s, const char *name, int level, int option) {
  unsigned char value[256] = {0};
  socklen_t size = sizeof value;
  if (getsockopt(s, level, option, value, &size) < 0) {
    printf("%s: errno %d\n", name, errno);
    return;
  }
  printf("%s: %u bytes, %d\n", name, size, *(int *)value);
}
#define SHOW(level, option) show(s, #option, level, option)

static void set(int s, const char *name, int level, int option, int value) {
  int r = setsockopt(s, level, option, &value, sizeof value);
  printf("set %s %d: %d\n", name, value, r < 0 ? errno : 0);
  show(s, name, level, option);
}
#define SET(level, option, value) set(s, #option, level, option, value)

static void common(int s) {
  SHOW(SOL_SOCKET, SO_DEBUG), SHOW(SOL_SOCKET, SO_REUSEADDR), SHOW(SOL_SOCKET, SO_KEEPALIVE);
  SHOW(SOL_SOCKET, SO_BROADCAST), SHOW(SOL_SOCKET, SO_OOBINLINE), SHOW(SOL_SOCKET, SO_PRIORITY);
  SHOW(SOL_SOCKET, SO_RCVLOWAT), SHOW(SOL_SOCKET, SO_SNDLOWAT), SHOW(SOL_SOCKET, SO_TIMESTAMP);
  SHOW(SOL_SOCKET, SO_PEERSEC), SHOW(SOL_SOCKET, SO_MARK), SHOW(SOL_SOCKET, SO_INCOMING_CPU);
  SHOW(SOL_SOCKET, SO_BUSY_POLL), SHOW(SOL_SOCKET, SO_BINDTODEVICE), SHOW(SOL_SOCKET, SO_DONTROUTE);
  SHOW(SOL_SOCKET, SO_LINGER), SHOW(SOL_SOCKET, SO_REUSEPORT), SHOW(SOL_SOCKET, SO_ZEROCOPY);
  SHOW(SOL_SOCKET, SO_SNDBUF);
  SHOW(SOL_SOCKET, 1000);
  SET(SOL_SOCKET, SO_SNDBUF, 10000), SET(SOL_SOCKET, SO_SNDBUF, 1);
  SET(SOL_SOCKET, SO_RCVBUF, 10000), SET(SOL_SOCKET, SO_RCVBUF, 1);
  SET(SOL_SOCKET, SO_REUSEADDR, 7), SET(SOL_SOCKET, SO_KEEPALIVE, 2), SET(SOL_SOCKET, SO_PRIORITY, 3);
  SET(SOL_SOCKET, SO_RCVLOWAT, 5), SET(SOL_SOCKET, SO_RCVLOWAT, 0), SET(SOL_SOCKET, SO_OOBINLINE, 9);
  SET(SOL_SOCKET, SO_BROADCAST, 5), SET(SOL_SOCKET, SO_TIMESTAMP, 1), SET(SOL_SOCKET, SO_SNDLOWAT, 5);
  SET(SOL_SOCKET, 1000, 1);
}

int main(void) {
  puts("tcp");
  int s = socket(AF_INET, SOCK_STREAM, 0);
  common(s);
  SHOW(IPPROTO_TCP, TCP_NODELAY), SHOW(IPPROTO_TCP, TCP_MAXSEG), SHOW(IPPROTO_TCP, TCP_CORK);
  SHOW(IPPROTO_TCP, TCP_KEEPIDLE), SHOW(IPPROTO_TCP, TCP_KEEPINTVL), SHOW(IPPROTO_TCP, TCP_KEEPCNT);
  SHOW(IPPROTO_TCP, TCP_SYNCNT), SHOW(IPPROTO_TCP, TCP_LINGER2), SHOW(IPPROTO_TCP, TCP_DEFER_ACCEPT);
  SHOW(IPPROTO_TCP, TCP_QUICKACK), SHOW(IPPROTO_TCP, TCP_USER_TIMEOUT);
  SHOW(IPPROTO_TCP, 1000);
  SET(IPPROTO_TCP, TCP_NODELAY, 5), SET(IPPROTO_TCP, TCP_KEEPIDLE, 60), SET(IPPROTO_TCP, TCP_KEEPIDLE, 0);
  SET(IPPROTO_TCP, TCP_KEEPINTVL, 10), SET(IPPROTO_TCP, TCP_KEEPCNT, 4), SET(IPPROTO_TCP, TCP_KEEPCNT, 1000);
  SET(IPPROTO_TCP, TCP_USER_TIMEOUT, 1000), SET(IPPROTO_TCP, TCP_CORK, 3), SET(IPPROTO_TCP, 1000, 3);
  SHOW(IPPROTO_IP, IP_TTL), SHOW(IPPROTO_IP, IP_TOS), SHOW(IPPROTO_IP, IP_MTU_DISCOVER), SHOW(IPPROTO_IP, IP_OPTIONS);
  SET(IPPROTO_IP, IP_TTL, 60), SET(IPPROTO_IP, IP_TTL, 300), SET(IPPROTO_IP, IP_TOS, 16);
  SHOW(IPPROTO_IPV6, IPV6_V6ONLY);
  close(s);
  puts("udp");
  s = socket(AF_INET, SOCK_DGRAM, 0);
  common(s);
  SHOW(IPPROTO_IP, IP_TTL), SHOW(IPPROTO_IP, IP_MULTICAST_TTL), SHOW(IPPROTO_IP, IP_MULTICAST_LOOP);
  SHOW(IPPROTO_TCP, TCP_NODELAY), SHOW(IPPROTO_IP, IP_RECVERR), SHOW(IPPROTO_IP, IP_PKTINFO);
  SET(IPPROTO_IP, IP_PKTINFO, 1), SET(IPPROTO_IP, IP_RECVERR, 1);
  close(s);
  puts("ipv6");
  s = socket(AF_INET6, SOCK_STREAM, 0);
  if (s >= 0) {
    SHOW(IPPROTO_IPV6, IPV6_V6ONLY), SHOW(IPPROTO_IPV6, IPV6_UNICAST_HOPS), SHOW(IPPROTO_IPV6, IPV6_TCLASS);
    SET(IPPROTO_IPV6, IPV6_V6ONLY, 5), SET(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9);
    SHOW(IPPROTO_IP, IP_TTL);
    close(s);
  }
  puts("unix");
  s = socket(AF_UNIX, SOCK_STREAM, 0);
  common(s);
  SHOW(IPPROTO_IP, IP_TTL), SET(SOL_SOCKET, SO_PASSCRED, 4);
  close(s);
  return 0;
}
