// build: gcc -O1
/* Datagrams to a port of the loopback where nobody is: lost, or an error that comes later (udp(7)). */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in nobody;

static void look(int s) {
  usleep(20000);
  struct pollfd p = {s, POLLIN | POLLOUT, 0};
  poll(&p, 1, 0);
  printf("  events %x\n", p.revents);
}

static void error_of(int s) {
  int error = -1;
  socklen_t size = sizeof error;
  CALL(getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size));
  NUMBER(error);
}

int main(void) {
  char buffer[8];
  socklen_t length = sizeof nobody;
  nobody.sin_family = AF_INET;
  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int taken = socket(AF_INET, SOCK_DGRAM, 0);
  bind(taken, (struct sockaddr *)&nobody, length);
  getsockname(taken, (struct sockaddr *)&nobody, &length);
  close(taken);

  int s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  CALL(send(s, "x", 1, 0));
  for (int i = 0; i < 3; i++) {
    CALL(sendto(s, "x", 1, 0, (struct sockaddr *)&nobody, length));
    look(s);
  }
  error_of(s);
  CALL(recv(s, buffer, sizeof buffer, 0));

  CALL(connect(s, (struct sockaddr *)&nobody, length));
  look(s);
  CALL(send(s, "x", 1, 0));
  look(s), error_of(s), look(s);
  CALL(send(s, "x", 1, 0));
  look(s);
  CALL(send(s, "x", 1, 0));
  look(s);
  CALL(send(s, "x", 1, 0));
  look(s);
  CALL(recv(s, buffer, sizeof buffer, 0));
  CALL(recv(s, buffer, sizeof buffer, 0));
  close(s);
  s = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  CALL(send(s, "x", 1, 0));
  CALL(connect(s, (struct sockaddr *)&nobody, length));
  CALL(write(s, "x", 1));
  look(s);
  CALL(read(s, buffer, 8));
  taken = socket(AF_INET, SOCK_DGRAM, 0);
  CALL(bind(taken, (struct sockaddr *)&nobody, length));
  CALL(write(s, "abc", 3));
  look(taken);
  CALL(recv(taken, buffer, 8, 0));
  return 0;
}
