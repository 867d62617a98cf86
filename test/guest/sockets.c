// build: gcc -O1
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static char buf[200];

static void pairs(void) {
  int sv[2];
  CALL(socketpair(AF_UNIX, SOCK_STREAM, 0, sv));
  CALL(write(sv[0], "ping", 4));
  CALL(read(sv[1], buf, 100));
  struct pollfd f[1] = {{sv[1], POLLIN | POLLOUT}};
  CALL(poll(f, 1, 0));
  NUMBER(f[0].revents);
  CALL(send(sv[1], "pong", 4, 0));
  CALL(recv(sv[0], buf, 2, MSG_PEEK));
  CALL(recv(sv[0], buf, 100, 0));
  CALL(recv(sv[0], buf, 100, MSG_DONTWAIT));
  CALL(shutdown(sv[0], SHUT_WR));
  CALL(read(sv[1], buf, 100));
  CALL(send(sv[0], "x", 1, MSG_NOSIGNAL));
  CALL(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sv));
  CALL(send(sv[0], "one", 3, 0));
  CALL(send(sv[0], "second", 6, 0));
  CALL(recv(sv[1], buf, 2, 0));
  CALL(recv(sv[1], buf, 100, 0));
  CALL(recv(sv[1], buf, 100, 0));

  // A descriptor travels.
  int file = open("f", O_CREAT | O_RDWR, 0600);
  write(file, "carried", 7);
  char space[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec v = {"d", 1};
  struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space};
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &file, sizeof(int));
  CALL(sendmsg(sv[0], &m, 0));
  close(file);
  v.iov_base = buf;
  m.msg_controllen = sizeof space;
  memset(space, 0, sizeof space);
  CALL(recvmsg(sv[1], &m, 0));
  memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
  memset(buf, 0, sizeof buf);
  CALL(pread(file, buf, 100, 0));
  TEXT(buf);
}

static void serve(int listener, const char *answer) {
  if (fork()) return;
  int s = accept(listener, NULL, NULL);
  char in[100];
  long n = read(s, in, sizeof in);
  write(s, in, n);
  write(s, answer, strlen(answer));
  _exit(0);
}

static void talk(int s) {
  CALL(write(s, "hello ", 6));
  memset(buf, 0, sizeof buf);
  CALL(recv(s, buf, 11, MSG_WAITALL));
  TEXT(buf);
  CALL(read(s, buf, 100));
  close(s);
  wait(NULL);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  pairs();
  struct sockaddr_un u = {AF_UNIX, "socket"};
  int s = socket(AF_UNIX, SOCK_STREAM, 0);
  CALL(connect(s, (void *)&u, sizeof u));
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  CALL(bind(listener, (void *)&u, sizeof u));
  CALL(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&u, sizeof u));
  CALL(listen(listener, 5));
  serve(listener, "there");
  CALL(connect(s, (void *)&u, sizeof u));
  talk(s);

  struct sockaddr_in a = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof a;
  listener = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  CALL(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  CALL(bind(listener, (void *)&a, sizeof a));
  CALL(listen(listener, 5));
  CALL(getsockname(listener, (void *)&a, &length));
  TRUTH(a.sin_port != 0 && a.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
  serve(listener, "again");
  s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CALL(connect(s, (void *)&a, sizeof a));
  CALL(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
  struct sockaddr_in peer;
  length = sizeof peer;
  CALL(getpeername(s, (void *)&peer, &length));
  TRUTH(peer.sin_port == a.sin_port);
  talk(s);
  close(listener);
  CALL(connect(socket(AF_INET, SOCK_STREAM, 0), (void *)&a, sizeof a));
  CALL(accept(open("f", O_RDONLY), NULL, NULL));
  CALL(socket(99, SOCK_STREAM, 0));
  return 0;
}
