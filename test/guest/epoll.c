// build: gcc -O1
/* epoll(7) with many descriptors: what is reported, in which order, and what closing does. */
#define _GNU_SOURCE
#include "check.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

enum { MANY = 3000 };
static int ep, fds[MANY];
static struct epoll_event got[MANY];

static void add(int fd, unsigned events, unsigned long data) {
  struct epoll_event e = {.events = events, .data.u64 = data};
  if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) != 0) printf("add %lu: errno %d\n", data, errno);
}
static void show(const char *when, int max) {
  int n = epoll_wait(ep, got, max, 0);
  printf("%s: %d:", when, n);
  for (int i = 0; i < n && i < 12; i++) printf(" %llu/%x", (unsigned long long)got[i].data.u64, got[i].events);
  puts("");
}
static void signal_counter(int fd) { write(fd, &(long){1}, 8); }
static void take(int fd) { read(fd, &(long){0}, 8); }

int main(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  ep = epoll_create1(0);
  for (int i = 0; i < MANY; i++) add(fds[i] = eventfd(0, EFD_NONBLOCK), EPOLLIN, i);
  show("idle", MANY);
  for (int i = 10; i < MANY; i += 1000) signal_counter(fds[i]);
  show("three", MANY);
  show("again", MANY);
  take(fds[1010]);
  show("one taken", MANY);
  take(fds[10]), take(fds[2010]);
  show("all taken", MANY);
  for (int i = 0; i < MANY; i++) signal_counter(fds[i]);
  show("all", MANY);
  for (int i = 5; i < MANY; i++) take(fds[i]);
  show("round robin", 2), show("round robin", 2), show("round robin", 2);
  for (int i = 0; i < 5; i++) take(fds[i]);

  puts("closing");
  signal_counter(fds[7]);
  int twin = dup(fds[7]);
  close(fds[7]);
  show("one of two descriptors closed", MANY);
  close(twin);
  show("both closed", MANY);
  fds[7] = eventfd(1, EFD_NONBLOCK);
  show("the number is used again", MANY);
  add(fds[7], EPOLLIN, 70007);
  show("and added", MANY);
  CALL(epoll_ctl(ep, EPOLL_CTL_DEL, fds[7], NULL));
  CALL(epoll_ctl(ep, EPOLL_CTL_DEL, fds[7], NULL));
  show("removed", MANY);

  puts("edges");
  int pair[2];
  socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
  add(pair[0], EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, 1);
  show("writable", MANY), show("no more", MANY);
  write(pair[1], "ab", 2);
  show("readable", MANY), show("no more", MANY);
  read(pair[0], &(char){0}, 1);
  show("half read", MANY);
  write(pair[1], "c", 1);
  show("more", MANY);
  struct epoll_event e = {.events = EPOLLIN | EPOLLET, .data.u64 = 2};
  CALL(epoll_ctl(ep, EPOLL_CTL_MOD, pair[0], &e));
  show("modified", MANY), show("no more", MANY);
  close(pair[1]);
  show("the other end closed", MANY), show("no more", MANY);
  close(pair[0]);

  puts("once");
  int once = eventfd(0, EFD_NONBLOCK);
  add(once, EPOLLIN | EPOLLONESHOT, 3);
  signal_counter(once);
  show("fires", MANY), show("is off", MANY);
  signal_counter(once);
  show("still off", MANY);
  e = (struct epoll_event){.events = EPOLLIN | EPOLLONESHOT, .data.u64 = 4};
  epoll_ctl(ep, EPOLL_CTL_MOD, once, &e);
  show("armed", MANY), show("is off", MANY);
  close(once);

  puts("nested");
  int outer = epoll_create1(0), inner = ep;
  ep = outer;
  add(inner, EPOLLIN, 5);
  show("idle", MANY);
  signal_counter(fds[100]);
  show("the inner one is ready", MANY), show("still", MANY);
  take(fds[100]);
  show("no more", MANY);
  CALL(epoll_ctl(inner, EPOLL_CTL_ADD, outer, &e));

  puts("signals");
  sigset_t set;
  sigemptyset(&set), sigaddset(&set, SIGUSR1), sigprocmask(SIG_BLOCK, &set, NULL);
  int sig = signalfd(-1, &set, SFD_NONBLOCK);
  add(sig, EPOLLIN, 6);
  show("none", MANY);
  raise(SIGUSR1);
  show("pending", MANY);
  struct signalfd_siginfo info;
  read(sig, &info, sizeof info);
  show("taken", MANY);
  if (fork() == 0) {
    usleep(20000);
    kill(getppid(), SIGUSR1);
    _exit(0);
  }
  int n = epoll_wait(ep, got, MANY, 5000);
  printf("waited: %d, %llu\n", n, (unsigned long long)got[0].data.u64);
  wait(NULL);
  return 0;
}
