// build: gcc -O1
/* connect(2) on a socket that does not block: its result comes later, even over the loopback. */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in address;
static socklen_t length = sizeof address;

static int start(void) {
  int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CALL(connect(s, (struct sockaddr *)&address, length));
  return s;
}

static void ready(int s) {
  struct pollfd p = {s, POLLIN | POLLOUT, 0};
  CALL(poll(&p, 1, 20000));
  NUMBER(p.revents);
}

static void error_of(int s) {
  int error = -1;
  socklen_t size = sizeof error;
  CALL(getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size));
  NUMBER(error);
}

static void again(int s) { CALL(connect(s, (struct sockaddr *)&address, length)); }

int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(listener, (struct sockaddr *)&address, length);
  getsockname(listener, (struct sockaddr *)&address, &length);

  puts("there is a listener");
  listen(listener, 5);
  int s = start();
  ready(s), error_of(s), again(s), again(s), error_of(s);
  int other = accept(listener, NULL, NULL);
  CALL(write(other, "abc", 3));
  poll(&(struct pollfd){s, POLLIN, 0}, 1, 20000);
  ready(s);

  puts("there is none");
  close(listener);
  s = start();
  ready(s), error_of(s), error_of(s);
  s = start();
  ready(s), again(s), again(s);
  s = socket(AF_INET, SOCK_STREAM, 0);
  CALL(connect(s, (struct sockaddr *)&address, length));
  error_of(s);
  return 0;
}
