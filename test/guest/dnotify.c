// build: gcc -O1
/* fcntl(2), F_NOTIFY: signals about what happens in a directory. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

static volatile int plain, fine, fds, codes, bands;
static void on_io(int signo) {
  (void)signo;
  plain++;
}
static void on_fine(int signo, siginfo_t *info, void *unused) {
  (void)signo, (void)unused;
  fine++, fds = info->si_fd, codes = info->si_code == POLL_MSG;
  bands = info->si_band == (POLLIN | POLLRDNORM | POLLMSG);
}
static void make(const char *path) { close(open(path, O_CREAT | O_WRONLY, 0600)); }

int main(void) {
  struct sigaction a = {.sa_sigaction = on_fine, .sa_flags = SA_SIGINFO};
  signal(SIGIO, on_io);
  sigaction(SIGRTMIN + 1, &a, NULL);
  mkdir("d", 0700), mkdir("e", 0700);
  make("file");
  int d = open("d", O_RDONLY), f = open("file", O_RDONLY);

  CALL(fcntl(f, F_NOTIFY, DN_CREATE));
  CALL(fcntl(f, F_NOTIFY, 0));
  CALL(fcntl(d, F_NOTIFY, DN_CREATE));
  TRUTH(fcntl(d, F_GETOWN) == getpid());
  struct f_owner_ex owner = {F_OWNER_TID, gettid()};
  CALL(fcntl(d, F_SETOWN_EX, &owner));
  memset(&owner, 7, sizeof owner);
  CALL(fcntl(d, F_GETOWN_EX, &owner));
  TRUTH(owner.type == F_OWNER_TID && owner.pid == getpid());
  owner = (struct f_owner_ex){F_OWNER_PGRP, getpgrp()};
  CALL(fcntl(d, F_SETOWN_EX, &owner));
  TRUTH(fcntl(d, F_GETOWN) == -getpgrp());
  owner.type = 9;
  CALL(fcntl(d, F_SETOWN_EX, &owner));
  CALL(fcntl(d, F_SETOWN, 999999));
  CALL(fcntl(d, F_SETOWN, getpid()));
  make("d/a"), NUMBER(plain);
  make("d/b"), NUMBER(plain);

  CALL(fcntl(d, F_SETSIG, SIGRTMIN + 1));
  CALL(fcntl(d, F_NOTIFY, DN_CREATE | DN_MULTISHOT));
  make("d/c"), NUMBER(fine);
  make("d/c1"), NUMBER(fine);
  TRUTH(fds == d);
  NUMBER(codes), NUMBER(bands);
  unlink("d/c1"), NUMBER(fine);
  CALL(fcntl(d, F_NOTIFY, DN_DELETE));
  unlink("d/c"), NUMBER(fine);
  unlink("d/b"), NUMBER(fine);
  rename("d/a", "e/a"), NUMBER(fine);
  rename("e/a", "d/a"), NUMBER(fine);
  CALL(fcntl(d, F_NOTIFY, 0));
  make("d/x"), NUMBER(fine);

  CALL(fcntl(d, F_NOTIFY, DN_RENAME | DN_MULTISHOT));
  rename("d/x", "d/y"), NUMBER(fine);
  unlink("d/y"), NUMBER(fine);
  CALL(fcntl(d, F_NOTIFY, DN_MULTISHOT));
  CALL(fcntl(d, F_NOTIFY, DN_MODIFY | DN_ATTRIB | DN_MULTISHOT));
  int w = open("d/a", O_RDWR);
  NUMBER(fine);
  CALL(write(w, "text", 4)); NUMBER(fine);
  CALL(fchmod(w, 0644)); NUMBER(fine);
  CALL(fcntl(d, F_NOTIFY, 0));
  CALL(fcntl(d, F_NOTIFY, DN_ACCESS | DN_MULTISHOT));
  char b[4];
  CALL(pread(w, b, 4, 0)); NUMBER(fine);
  close(d);
  make("d/z"), NUMBER(fine);
  CALL(pread(w, b, 4, 0)); NUMBER(fine);
  NUMBER(plain);
  return 0;
}
