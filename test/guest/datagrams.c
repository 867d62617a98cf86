// build: gcc -O1
/* What datagrams carry along (cmsg(3)): addresses, hop limits, classes and times, asked for and cut off. UDP-Lite. */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int on = 1;
static struct sockaddr_storage address;
static socklen_t length;

static int bound(int family, int protocol, int any) {
  int s = socket(family, SOCK_DGRAM, protocol);
  if (s < 0) return s;
  memset(&address, 0, sizeof address);
  address.ss_family = family;
  length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  if (family == AF_INET && !any) ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (family == AF_INET6 && !any) ((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
  CALL(bind(s, (struct sockaddr *)&address, length));
  getsockname(s, (struct sockaddr *)&address, &length);
  return s;
}

/* Receives with room for so many bytes of control messages, and prints them without times and ports. */
static void receive(int s, size_t room) {
  char data[64], control[512], text[64] = "";
  memset(control, 0, sizeof control);
  struct sockaddr_storage from;
  struct iovec v = {data, sizeof data};
  struct msghdr m = {&from, sizeof from, &v, 1, control, room, 0};
  errno = 0;
  long n = recvmsg(s, &m, MSG_DONTWAIT);
  if (n >= 0 && from.ss_family == AF_INET) inet_ntop(AF_INET, &((struct sockaddr_in *)&from)->sin_addr, text, sizeof text);
  if (n >= 0 && from.ss_family == AF_INET6) inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&from)->sin6_addr, text, sizeof text);
  printf("received %ld (%d) from %s, flags %x, control %zu\n", n, errno, text, m.msg_flags, (size_t)m.msg_controllen);
  for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h && h->cmsg_len >= CMSG_LEN(0); h = CMSG_NXTHDR(&m, h)) {
    printf("  level %d type %d length %zu:", h->cmsg_level, h->cmsg_type, (size_t)h->cmsg_len);
    int timed = h->cmsg_level == SOL_SOCKET;
    for (size_t i = 0; !timed && i < h->cmsg_len - CMSG_LEN(0); i++) printf(" %02x", CMSG_DATA(h)[i]);
    puts("");
  }
}

static void say(int s, int level, int type, const void *value, size_t size) {
  char control[128];
  memset(control, 0, sizeof control);
  struct iovec v = {"hello", 5};
  struct msghdr m = {&address, length, &v, 1, control, CMSG_SPACE(size), 0};
  struct cmsghdr *h = CMSG_FIRSTHDR(&m);
  h->cmsg_level = level;
  h->cmsg_type = type;
  h->cmsg_len = CMSG_LEN(size);
  memcpy(CMSG_DATA(h), value, size);
  CALL(sendmsg(s, &m, 0));
}

static void say_int(int s, int level, int type, int value) { say(s, level, type, &value, sizeof value); }

static void plain(int protocol, int any) {
  printf("IPv4, protocol %d, %s\n", protocol, any ? "any address" : "the loopback's");
  int b = bound(AF_INET, protocol, any), a = socket(AF_INET, SOCK_DGRAM, protocol);
  if (any) ((struct sockaddr_in *)&address)->sin_addr.s_addr = htonl(0x7f000005);
  CALL(sendto(a, "hello", 5, 0, (struct sockaddr *)&address, length));
  receive(b, 512);
  int options[] = {IP_PKTINFO, IP_RECVTTL, IP_RECVTOS};
  for (int i = 0; i < 3; i++) CALL(setsockopt(b, IPPROTO_IP, options[i], &on, sizeof on));
  CALL(setsockopt(b, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on));
  CALL(sendto(a, "hello", 5, 0, (struct sockaddr *)&address, length));
  receive(b, 512);
  int ttl = 9, tos = 16;
  CALL(setsockopt(a, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl));
  CALL(setsockopt(a, IPPROTO_IP, IP_TOS, &tos, sizeof tos));
  CALL(sendto(a, "hello", 5, 0, (struct sockaddr *)&address, length));
  receive(b, 512);
  say_int(a, IPPROTO_IP, IP_TTL, 33), receive(b, 512);
  say_int(a, IPPROTO_IP, IP_TTL, 0), say_int(a, IPPROTO_IP, IP_TTL, 256), receive(b, 512);
  unsigned char low = 4;
  say(a, IPPROTO_IP, IP_TOS, &low, 1), receive(b, 512);
  for (int room = 0; room <= 96; room += 12) {
    CALL(sendto(a, "hello", 5, 0, (struct sockaddr *)&address, length));
    receive(b, room);
  }
  on = 1;
  CALL(setsockopt(b, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on));
  CALL(sendto(a, "hello", 5, 0, (struct sockaddr *)&address, length));
  receive(b, 512);
  close(a), close(b);
}

static void six(int any) {
  printf("IPv6, %s\n", any ? "any address" : "the loopback's");
  int b = bound(AF_INET6, 0, any), a = socket(AF_INET6, SOCK_DGRAM, 0);
  if (b < 0) return;
  if (any) ((struct sockaddr_in6 *)&address)->sin6_addr = in6addr_loopback;
  int options[] = {IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS};
  for (int i = 0; i < 3; i++) CALL(setsockopt(b, IPPROTO_IPV6, options[i], &on, sizeof on));
  CALL(sendto(a, "hello", 5, 0, (struct sockaddr *)&address, length));
  receive(b, 512);
  say_int(a, IPPROTO_IPV6, IPV6_HOPLIMIT, 1), receive(b, 512);
  say_int(a, IPPROTO_IPV6, IPV6_TCLASS, 129), receive(b, 512);
  say_int(a, IPPROTO_IPV6, IPV6_HOPLIMIT, -1), receive(b, 512);
  say_int(a, IPPROTO_IPV6, IPV6_HOPLIMIT, 300), receive(b, 512);
  say(a, IPPROTO_IPV6, IPV6_HOPLIMIT, &on, 1), receive(b, 512);
  if (any) {
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = ((struct sockaddr_in6 *)&address)->sin6_port};
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int c = socket(AF_INET, SOCK_DGRAM, 0);
    CALL(setsockopt(b, IPPROTO_IP, IP_RECVTTL, &on, sizeof on));
    CALL(sendto(c, "hello", 5, 0, (struct sockaddr *)&four, sizeof four));
    receive(b, 512);
    close(c);
  }
  close(a), close(b);
}

static void apart(void) {
  puts("UDP and UDP-Lite have ports of their own");
  int b = bound(AF_INET, IPPROTO_UDPLITE, 0);
  int c = socket(AF_INET, SOCK_DGRAM, 0);
  CALL(bind(c, (struct sockaddr *)&address, length));
  int a = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
  CALL(sendto(a, "hello", 5, 0, (struct sockaddr *)&address, length));
  receive(c, 0), receive(b, 0);
  int protocol = -1;
  socklen_t size = sizeof protocol;
  CALL(getsockopt(b, SOL_SOCKET, SO_PROTOCOL, &protocol, &size));
  NUMBER(protocol);
}

int main(void) {
  plain(0, 0), plain(0, 1), plain(IPPROTO_UDPLITE, 0);
  six(0), six(1);
  apart();
  return 0;
}
