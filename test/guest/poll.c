// build: gcc -O1
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void on_alarm(int signo) {}

static int later(int fd, const char *text) {
  if (fork()) return 0;
  usleep(30000);
  write(fd, text, strlen(text));
  _exit(0);
}

static void events(int e, int timeout) {
  struct epoll_event list[8];
  errno = 0;
  int n = epoll_wait(e, list, 8, timeout);
  printf("epoll: %d errno %d", n, errno);
  unsigned mask = 0;
  long data = 0;
  for (int i = 0; i < n; i++) mask |= list[i].events, data += list[i].data.u64;
  printf(" events %x data %ld\n", mask, data);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  int p[2], q[2];
  char buf[100];
  pipe(p);
  pipe(q);
  struct pollfd f[4] = {{p[0], POLLIN}, {q[0], POLLIN}, {99, POLLIN}, {-1, POLLIN}};
  CALL(poll(f, 2, 0));
  CALL(poll(f, 2, 20));
  CALL(poll(f, 4, -1));
  NUMBER(f[2].revents);
  later(q[1], "x");
  CALL(poll(f, 2, -1));
  NUMBER(f[0].revents);
  NUMBER(f[1].revents);
  wait(NULL);
  CALL(poll(NULL, 0, 10));
  CALL(poll((struct pollfd *)8, 1, 0));
  struct timespec t = {0, 10000000};
  CALL(ppoll(f, 1, &t, NULL));
  signal(SIGALRM, on_alarm);
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  ualarm(150000, 150000);
  CALL(poll(f, 1, 5000));
  ualarm(0, 0);
  sigprocmask(SIG_BLOCK, &all, NULL);
  ualarm(10000, 0);
  CALL(ppoll(f, 1, &(struct timespec){2, 0}, &none));
  ualarm(10000, 0);
  CALL(ppoll(f, 1, &(struct timespec){0, 50000000}, NULL));
  CALL(pselect(0, NULL, NULL, NULL, &(struct timespec){2, 0}, &none));
  sigprocmask(SIG_SETMASK, &none, NULL);

  fd_set in, out;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_SET(p[0], &in);
  FD_SET(q[0], &in);
  FD_SET(p[1], &out);
  struct timeval v = {1, 0};
  CALL(select(20, &in, &out, NULL, &v));
  TRUTH(!FD_ISSET(p[0], &in) && FD_ISSET(q[0], &in) && FD_ISSET(p[1], &out));
  read(q[0], buf, 1);
  FD_ZERO(&in);
  FD_SET(p[0], &in);
  v = (struct timeval){0, 30000};
  CALL(select(p[0] + 1, &in, NULL, NULL, &v));
  TRUTH(v.tv_sec == 0 && v.tv_usec == 0);
  FD_SET(50, &in); /* below 64: descriptors beyond the table that the process has grown are ignored */
  CALL(select(51, &in, NULL, NULL, NULL));
  CALL(select(-1, NULL, NULL, NULL, NULL));

  int e = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event ev = {EPOLLIN, {.u64 = 1}};
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev));
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, p[0], &ev));
  CALL(epoll_ctl(e, EPOLL_CTL_MOD, q[0], &ev));
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, 99, &ev));
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, e, &ev));
  int file = open("f", O_CREAT | O_RDWR, 0600);
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, file, &ev));
  events(e, 0);
  later(p[1], "abc");
  events(e, -1);
  wait(NULL);
  events(e, 0);
  ev = (struct epoll_event){EPOLLIN | EPOLLET, {.u64 = 2}};
  CALL(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev));
  events(e, 0);
  events(e, 0);
  write(p[1], "d", 1);
  events(e, 0);
  read(p[0], buf, 2);
  events(e, 0);
  ev = (struct epoll_event){EPOLLIN | EPOLLONESHOT, {.u64 = 3}};
  CALL(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev));
  events(e, 0);
  events(e, 0);
  CALL(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev));
  events(e, 0);
  ev = (struct epoll_event){EPOLLOUT, {.u64 = 100}};
  CALL(epoll_ctl(e, EPOLL_CTL_ADD, q[1], &ev));
  events(e, 0);
  CALL(epoll_ctl(e, EPOLL_CTL_DEL, q[1], NULL));
  CALL(epoll_ctl(e, EPOLL_CTL_DEL, q[1], NULL));
  ev = (struct epoll_event){EPOLLIN, {.u64 = 4}};
  CALL(epoll_ctl(e, EPOLL_CTL_MOD, p[0], &ev));
  read(p[0], buf, 100);
  close(p[1]);
  events(e, 0);
  close(p[0]);
  events(e, 20);
  CALL(epoll_wait(e, NULL, 0, 0));
  CALL(epoll_wait(file, &ev, 1, 0));

  int n = eventfd(3, EFD_NONBLOCK);
  unsigned long count;
  CALL(read(n, &count, 8));
  NUMBER(count);
  CALL(read(n, &count, 8));
  count = 5;
  CALL(write(n, &count, 8));
  CALL(write(n, &count, 8));
  CALL(read(n, &count, 8));
  NUMBER(count);
  count = -1;
  CALL(write(n, &count, 8));
  CALL(write(n, &count, 4));
  n = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  CALL(read(n, &count, 8));
  NUMBER(count);
  f[0] = (struct pollfd){n, POLLIN | POLLOUT};
  CALL(poll(f, 1, 0));
  NUMBER(f[0].revents);

  sigset_t usr;
  sigemptyset(&usr);
  sigaddset(&usr, SIGUSR1);
  sigprocmask(SIG_BLOCK, &usr, NULL);
  int s = signalfd(-1, &usr, SFD_NONBLOCK);
  struct signalfd_siginfo info;
  CALL(read(s, &info, sizeof info));
  raise(SIGUSR1);
  f[0] = (struct pollfd){s, POLLIN};
  CALL(poll(f, 1, 0));
  CALL(read(s, &info, sizeof info));
  NUMBER(info.ssi_signo);
  return 0;
}
