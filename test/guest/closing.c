// build: gcc -O1
/* How TCP connections end over the loopback: who learns what, and when. */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in address;
static socklen_t length = sizeof address;
static int listener, a, b;
static char buffer[100];

static void join(const char *what) {
  puts(what);
  a = socket(AF_INET, SOCK_STREAM, 0);
  connect(a, (struct sockaddr *)&address, length);
  b = accept(listener, NULL, NULL);
}

/* A reset and an end of data arrive a moment later. */
static void moment(void) { usleep(20000); }

static void look(int s) {
  struct pollfd p = {s, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&p, 1, 100);
  printf("  events %x\n", p.revents);
}

static void error_of(int s) {
  int error = -1;
  socklen_t size = sizeof error;
  CALL(getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size));
  NUMBER(error);
}

static void named(int s) {
  struct sockaddr_in other;
  socklen_t size = sizeof other;
  CALL(getpeername(s, (struct sockaddr *)&other, &size));
  CALL(getsockname(s, (struct sockaddr *)&other, &size));
}

int main(void) {
  listener = socket(AF_INET, SOCK_STREAM, 0);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  bind(listener, (struct sockaddr *)&address, length);
  getsockname(listener, (struct sockaddr *)&address, &length);
  listen(listener, 5);

  join("closed, and written to");
  close(b), moment(), look(a), named(a);
  CALL(recv(a, buffer, 9, 0));
  CALL(send(a, "x", 1, MSG_NOSIGNAL));
  moment(), look(a), named(a);
  CALL(send(a, "x", 1, MSG_NOSIGNAL));
  look(a), error_of(a);
  CALL(recv(a, buffer, 9, 0));
  close(a);

  join("closed, written to, and the error asked for");
  close(b), moment();
  CALL(send(a, "x", 1, MSG_NOSIGNAL));
  moment(), error_of(a);
  CALL(send(a, "x", 1, MSG_NOSIGNAL));
  CALL(recv(a, buffer, 9, 0));
  close(a);

  join("closed, with bytes to read at this side");
  CALL(send(b, "abcdef", 6, 0));
  close(b), moment(), look(a);
  CALL(recv(a, buffer, 3, 0));
  CALL(send(a, "x", 1, MSG_NOSIGNAL));
  moment(), look(a);
  CALL(recv(a, buffer, 9, 0));
  CALL(recv(a, buffer, 9, 0));
  close(a);

  join("closed with bytes that it had not read");
  CALL(send(a, "abc", 3, 0));
  moment(), close(b), moment(), look(a), named(a);
  CALL(recv(a, buffer, 9, 0));
  look(a);
  CALL(recv(a, buffer, 9, 0));
  CALL(send(a, "x", 1, MSG_NOSIGNAL));
  close(a);

  join("the same, and written to first");
  CALL(send(a, "abc", 3, 0));
  moment(), close(b), moment();
  CALL(send(a, "x", 1, MSG_NOSIGNAL));
  CALL(send(a, "x", 1, MSG_NOSIGNAL));
  CALL(recv(a, buffer, 9, 0));
  close(a);

  join("closed without lingering");
  struct linger linger = {1, 0};
  CALL(setsockopt(b, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  CALL(send(b, "abc", 3, 0));
  moment(), close(b), moment(), look(a);
  CALL(recv(a, buffer, 9, 0));
  CALL(recv(a, buffer, 9, 0));
  close(a);

  join("shut for writing by the other side");
  CALL(shutdown(b, SHUT_WR));
  moment(), look(a);
  CALL(send(a, "abc", 3, 0));
  moment(), look(b);
  CALL(recv(b, buffer, 9, 0));
  CALL(recv(a, buffer, 9, 0));
  CALL(send(b, "x", 1, MSG_NOSIGNAL));
  CALL(shutdown(a, SHUT_WR));
  moment(), look(a), look(b), named(a);
  CALL(recv(b, buffer, 9, 0));
  CALL(shutdown(a, SHUT_RDWR));
  close(a), close(b);

  join("shut for reading by the other side");
  CALL(shutdown(b, SHUT_RD));
  moment(), look(a), look(b);
  CALL(send(a, "abc", 3, MSG_NOSIGNAL));
  moment(), look(b);
  CALL(recv(b, buffer, 9, 0));
  CALL(recv(b, buffer, 9, 0));
  CALL(send(b, "abc", 3, 0));
  CALL(recv(a, buffer, 9, 0));
  close(b), moment(), look(a);
  close(a);

  join("shut both ways by the other side");
  CALL(shutdown(b, SHUT_RDWR));
  moment(), look(a), look(b);
  CALL(send(a, "abc", 3, MSG_NOSIGNAL));
  moment(), look(a);
  CALL(recv(b, buffer, 9, 0));
  CALL(send(a, "abc", 3, MSG_NOSIGNAL));
  close(a), close(b);

  join("a listener closed with a connection in its queue");
  int second = socket(AF_INET, SOCK_STREAM, 0);
  CALL(connect(second, (struct sockaddr *)&address, length));
  close(listener), moment(), look(second);
  CALL(recv(second, buffer, 9, 0));
  CALL(send(a, "x", 1, 0));
  CALL(recv(b, buffer, 9, 0));
  return 0;
}
