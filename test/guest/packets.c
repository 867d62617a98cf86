// build: gcc -O1
/* Pipes in packet mode (pipe2(2), O_DIRECT): one write is one read, what doesn't fit is lost. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

static char bytes[20000], into[20000];

static void look(int fd) {
  struct pollfd p = {fd, POLLIN | POLLOUT, 0};
  poll(&p, 1, 0);
  printf("  events %x\n", p.revents);
}

int main(void) {
  int p[2], waiting;
  CALL(pipe2(p, O_DIRECT | O_NONBLOCK));
  NUMBER(fcntl(p[1], F_GETFL) & O_DIRECT);
  NUMBER(fcntl(p[0], F_GETFL) & O_DIRECT);
  CALL(write(p[1], "first", 5));
  CALL(write(p[1], "second", 6));
  CALL(ioctl(p[0], FIONREAD, &waiting));
  NUMBER(waiting);
  CALL(read(p[0], into, sizeof into));
  CALL(read(p[0], into, 2));
  printf("%.2s\n", into);
  CALL(read(p[0], into, sizeof into));
  CALL(write(p[1], bytes, 10000));
  CALL(read(p[0], into, sizeof into));
  CALL(read(p[0], into, 1));
  CALL(read(p[0], into, sizeof into));
  CALL(read(p[0], into, sizeof into));
  CALL(write(p[1], bytes, 0));
  CALL(read(p[0], into, sizeof into));

  puts("as many packets as pages");
  int n = 0;
  while (write(p[1], "x", 1) == 1) n++;
  NUMBER(n);
  look(p[1]);
  CALL(write(p[1], "x", 1));
  CALL(read(p[0], into, sizeof into));
  look(p[1]);
  CALL(write(p[1], bytes, 10000));
  while (read(p[0], into, sizeof into) > 0);
  CALL(fcntl(p[1], F_SETPIPE_SZ, 8192));
  n = 0;
  while (write(p[1], "x", 1) == 1) n++;
  NUMBER(n);
  while (read(p[0], into, sizeof into) > 0);

  puts("packets and bytes in one pipe");
  CALL(write(p[1], "packet", 6));
  CALL(fcntl(p[1], F_SETFL, O_NONBLOCK));
  NUMBER(fcntl(p[1], F_GETFL) & O_DIRECT);
  CALL(write(p[1], "abc", 3));
  CALL(write(p[1], "def", 3));
  CALL(fcntl(p[1], F_SETFL, O_NONBLOCK | O_DIRECT));
  CALL(write(p[1], "packet", 6));
  CALL(read(p[0], into, 2));
  CALL(read(p[0], into, 4));
  CALL(read(p[0], into, 1));
  CALL(read(p[0], into, sizeof into));
  CALL(read(p[0], into, sizeof into));
  CALL(write(p[1], "left", 4));
  close(p[1]);
  CALL(read(p[0], into, sizeof into));
  CALL(read(p[0], into, sizeof into));
  return 0;
}
