// build: gcc -O1
/* TCP_INFO: the state of a connection's two ends, and of a listener how many wait. */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

static void show(const char *when, int s) {
  struct tcp_info i;
  socklen_t size = sizeof i;
  memset(&i, 0xaa, sizeof i);
  if (getsockopt(s, IPPROTO_TCP, TCP_INFO, &i, &size) < 0) {
    printf("%s: errno %d\n", when, errno);
    return;
  }
  /* Acknowledged or not yet: FIN_WAIT1 or FIN_WAIT2. */
  if (i.tcpi_state == TCP_FIN_WAIT1) i.tcpi_state = TCP_FIN_WAIT2;
  if (i.tcpi_state == TCP_LAST_ACK) i.tcpi_state = TCP_CLOSE;
  printf("%s: %u bytes, state %d, ca %d, retransmits %d", when, size, i.tcpi_state, i.tcpi_ca_state, i.tcpi_retransmits);
  if (i.tcpi_state == TCP_LISTEN) printf(", %u of %u wait", i.tcpi_unacked, i.tcpi_sacked);
  printf(", lost %u\n", i.tcpi_lost);
}

int main(void) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof a;
  int l = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0), d = socket(AF_INET, SOCK_STREAM, 0);
  show("fresh", l);
  bind(l, (void *)&a, size), listen(l, 5), getsockname(l, (void *)&a, &size);
  show("listener", l);
  connect(c, (void *)&a, size), connect(d, (void *)&a, size);
  show("two came", l);
  int s = accept(l, NULL, NULL), t = accept(l, NULL, NULL);
  show("none left", l);
  show("client", c), show("server", s);
  shutdown(c, SHUT_WR);
  char b;
  read(s, &b, 1);
  show("shut", c), show("the other", s);
  shutdown(s, SHUT_WR);
  read(c, &b, 1);
  show("both shut", s);
  close(t);
  read(d, &b, 1);
  show("left", d);
  socklen_t few = 1;
  unsigned char one = 9;
  CALL(getsockopt(l, IPPROTO_TCP, TCP_INFO, &one, &few));
  NUMBER(one), NUMBER(few);
  CALL(setsockopt(l, IPPROTO_TCP, TCP_INFO, &few, sizeof few));
  int u = socket(AF_INET, SOCK_DGRAM, 0);
  show("udp", u);
  return 0;
}
