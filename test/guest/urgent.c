// build: gcc -O1
/* tcp(7)'s urgent data: MSG_OOB, the mark, SO_OOBINLINE, SIGURG, POLLPRI. */
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>
#include <sys/select.h>
#include <sys/socket.h>

static int c, s;

static void pair(void) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof a;
  int l = socket(AF_INET, SOCK_STREAM, 0);
  c = socket(AF_INET, SOCK_STREAM, 0);
  bind(l, (void *)&a, size), listen(l, 1), getsockname(l, (void *)&a, &size);
  connect(c, (void *)&a, size);
  s = accept(l, NULL, NULL);
  close(l);
}
static void done(void) {
  close(s), close(c);
}
/* Sends, and waits until the other side has it. */
static void out(const char *text, int flags) {
  int left = 1;
  if (send(c, text, strlen(text), flags) < 0) printf("send %s: errno %d\n", text, errno);
  while (ioctl(c, SIOCOUTQ, &left), left > 0) usleep(1000);
}
static void in(int room, int flags) {
  char b[20] = "";
  long n = recv(s, b, room, flags | MSG_DONTWAIT);
  if (n < 0) printf("  recv(%d, %#x): errno %d\n", room, flags, errno);
  else printf("  recv(%d, %#x): %ld \"%.*s\"\n", room, flags, n, (int)n, b);
}
static void state(void) {
  int mark = -1, waiting = -1;
  struct pollfd p = {s, POLLIN | POLLPRI, 0};
  fd_set except;
  FD_ZERO(&except);
  FD_SET(s, &except);
  ioctl(s, SIOCATMARK, &mark), ioctl(s, FIONREAD, &waiting);
  poll(&p, 1, 0);
  printf("  mark %d, waiting %d, poll %#x, select %d\n", mark, waiting, p.revents,
         select(s + 1, NULL, NULL, &except, &(struct timeval){0, 0}));
}

static void signals(void) {
  sigset_t set;
  siginfo_t info;
  sigemptyset(&set), sigaddset(&set, SIGURG), sigprocmask(SIG_BLOCK, &set, NULL);
  puts("SIGURG");
  pair();
  out("x", MSG_OOB);
  CALL(sigtimedwait(&set, &info, &(struct timespec){0, 0}));
  CALL(fcntl(s, F_SETOWN, getpid()));
  out("y", MSG_OOB);
  CALL(sigwaitinfo(&set, &info));
  NUMBER(info.si_code), NUMBER(info.si_pid);
  done();
}
static void once(void) {
  puts("one byte");
  pair();
  state(), in(1, MSG_OOB);
  out("abc", 0), out("d", MSG_OOB);
  state(), in(2, 0), state(), in(10, MSG_PEEK), in(10, 0), state();
  in(1, MSG_OOB | MSG_PEEK), state(), in(0, MSG_OOB | MSG_PEEK), in(5, MSG_OOB), in(1, MSG_OOB), state();
  in(10, 0), state();
  done();
}
static void past(void) {
  puts("read past it");
  pair();
  out("xyz", MSG_OOB), out("more", 0);
  in(10, 0), state(), in(2, MSG_PEEK), in(1, 0), state(), in(1, MSG_OOB), in(10, 0);
  puts("the end after it");
  out("ab", MSG_OOB), shutdown(c, SHUT_WR);
  struct pollfd p = {s, POLLRDHUP, 0};
  poll(&p, 1, -1);
  state(), in(10, 0), state(), in(10, 0), in(10, MSG_OOB), state();
  done();
}
static void inline_(void) {
  int on = 1;
  puts("in line");
  pair();
  CALL(setsockopt(s, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on));
  out("ab", 0), out("c", MSG_OOB), out("de", 0);
  state(), in(1, MSG_OOB), in(10, 0), state(), in(10, 0), state();
  done();
}
static void two(void) {
  puts("two in a row");
  pair();
  out("1", MSG_OOB), state(), out("2", MSG_OOB);
  state(), in(1, MSG_OOB), in(10, 0), state();
  puts("two after others");
  out("a", 0), out("1", MSG_OOB), out("2", MSG_OOB), out("b", 0);
  state(), in(10, 0), state(), in(1, MSG_OOB), in(10, 0), state();
  done();
}
static void whole(void) {
  puts("MSG_WAITALL and recvmsg");
  pair();
  out("abc", 0), out("d", MSG_OOB), out("efg", 0);
  char b[20];
  NUMBER(recv(s, b, 6, MSG_WAITALL));
  struct iovec v = {b, 4};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
  NUMBER(recvmsg(s, &m, MSG_OOB));
  NUMBER(m.msg_flags), NUMBER(b[0]);
  NUMBER(recvmsg(s, &m, 0));
  NUMBER(m.msg_flags);
  done();
}
static void others(void) {
  int p[2];
  puts("other kinds");
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  int u = socket(AF_INET, SOCK_DGRAM, 0);
  CALL(sendto(u, "x", 1, MSG_OOB, (void *)&a, sizeof a));
  socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
  CALL(send(p[0], "x", 1, MSG_OOB));
  char b;
  CALL(recv(p[1], &b, 1, MSG_OOB | MSG_DONTWAIT));
}

int main(void) {
  signals(), once(), past(), inline_(), two(), whole(), others();
  return 0;
}
