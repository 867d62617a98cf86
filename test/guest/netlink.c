// build: gcc -O1
// build: musl-gcc -O1 -static -idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu
// rtnetlink(7) and netdevice(7), in a network namespace of its own: only the loopback is there. As root.
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static void addresses(const char *when) {
  struct ifaddrs *list;
  printf("%s: getifaddrs %d\n", when, getifaddrs(&list));
  for (struct ifaddrs *i = list; i; i = i->ifa_next) {
    char text[INET6_ADDRSTRLEN] = "";
    int family = i->ifa_addr ? i->ifa_addr->sa_family : -1;
    if (family == AF_INET) inet_ntop(family, &((struct sockaddr_in *)i->ifa_addr)->sin_addr, text, sizeof text);
    if (family == AF_INET6) inet_ntop(family, &((struct sockaddr_in6 *)i->ifa_addr)->sin6_addr, text, sizeof text);
    printf("  %s family %d flags %x %s\n", i->ifa_name, family, i->ifa_flags, text);
  }
  freeifaddrs(list);
}

static void request(int s, const char *what, int number, struct ifreq *r) {
  strcpy(r->ifr_name, "lo");
  errno = 0;
  int value = ioctl(s, number, r);
  printf("%s: %d %d:", what, value, value < 0 ? errno : 0);
  if (value == 0)
    for (int i = 0; i < 8; i++) printf(" %02x", ((unsigned char *)&r->ifr_addr)[i]);
  puts("");
}

static void ioctls(void) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq r, list[4];
  memset(&r, 0, sizeof r);
  request(s, "flags", SIOCGIFFLAGS, &r);
  r.ifr_flags = IFF_UP;
  request(s, "up", SIOCSIFFLAGS, &r);
  request(s, "flags", SIOCGIFFLAGS, &r);
  request(s, "address", SIOCGIFADDR, &r);
  request(s, "mask", SIOCGIFNETMASK, &r);
  request(s, "mtu", SIOCGIFMTU, &r);
  request(s, "hardware", SIOCGIFHWADDR, &r);
  strcpy(r.ifr_name, "nosuch");
  CALL(ioctl(s, SIOCGIFFLAGS, &r));
  struct ifconf conf = {.ifc_len = sizeof list, .ifc_req = list};
  CALL(ioctl(s, SIOCGIFCONF, &conf));
  NUMBER(conf.ifc_len / sizeof *list);
  TEXT(list[0].ifr_name);
  char name[IF_NAMESIZE];
  CALL(if_nametoindex("lo"));
  CALL(if_nametoindex("nosuch"));
  TEXT(if_indextoname(1, name));
  TRUTH(if_indextoname(99, name) == NULL);
  close(s);
}

struct ask {
  struct nlmsghdr head;
  struct ifinfomsg link;
};

static void raw(void) {
  CALL(socket(AF_NETLINK, SOCK_STREAM, NETLINK_ROUTE));
  CALL(socket(AF_NETLINK, SOCK_RAW, 999));
  int s = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl a = {.nl_family = AF_NETLINK}, b;
  socklen_t length = sizeof b;
  CALL(bind(s, (void *)&a, 4));
  CALL(bind(s, (void *)&a, sizeof a));
  CALL(getsockname(s, (void *)&b, &length));
  TRUTH(length == sizeof b && b.nl_pid == (unsigned)getpid());
  int second = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  CALL(bind(second, (void *)&a, sizeof a));
  getsockname(second, (void *)&b, &length);
  TRUTH(b.nl_pid != (unsigned)getpid());
  struct ask ask = {{sizeof ask, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 77, 0}, {.ifi_family = AF_UNSPEC}};
  CALL(send(s, &ask, sizeof ask, 0));
  char text[8192];
  for (int done = 0; !done;) {
    length = sizeof b;
    ssize_t n = recvfrom(s, text, sizeof text, 0, (void *)&b, &length);
    TRUTH(b.nl_pid == 0 && length == sizeof b);
    for (struct nlmsghdr *h = (void *)text; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
      printf("type %d flags %x sequence %d mine %d\n", h->nlmsg_type, h->nlmsg_flags, h->nlmsg_seq,
             h->nlmsg_pid == (unsigned)getpid());
      done |= h->nlmsg_type == NLMSG_DONE;
    }
  }
  ask.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  ask.link.ifi_index = 1;
  CALL(send(s, &ask, sizeof ask, 0));
  for (int i = 0; i < 2; i++) {
    recv(s, text, sizeof text, 0);
    struct nlmsghdr *h = (void *)text;
    printf("type %d", h->nlmsg_type);
    if (h->nlmsg_type == NLMSG_ERROR) printf(" error %d", ((struct nlmsgerr *)NLMSG_DATA(h))->error);
    puts("");
  }
  ask.link.ifi_index = 4711;
  CALL(send(s, &ask, sizeof ask, 0));
  recv(s, text, sizeof text, 0);
  NUMBER(((struct nlmsgerr *)NLMSG_DATA((struct nlmsghdr *)text))->error);
  CALL(recv(s, text, sizeof text, MSG_DONTWAIT));
}

int main(void) {
  CALL(unshare(CLONE_NEWNET));
  addresses("down");
  ioctls();
  addresses("up");
  raw();
  return 0;
}
