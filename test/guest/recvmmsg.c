// build: gcc -O1
/* sendmmsg(2) and recvmmsg(2): how many messages one call moves, and when it waits. */
#define _GNU_SOURCE
#include "check.h"
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { N = 4 };
static char buffers[N][16];
static struct iovec iov[N];
static struct mmsghdr messages[N];
static int pair[2];

static void prepare(void) {
  memset(messages, 0, sizeof messages);
  memset(buffers, 0, sizeof buffers);
  for (int i = 0; i < N; i++) {
    iov[i] = (struct iovec){buffers[i], sizeof buffers[i]};
    messages[i].msg_hdr.msg_iov = &iov[i], messages[i].msg_hdr.msg_iovlen = 1;
  }
}

static void receive(const char *what, unsigned n, int flags, struct timespec *timeout) {
  prepare();
  errno = 0;
  int got = recvmmsg(pair[0], messages, n, flags, timeout);
  printf("%s: %d errno %d", what, got, got < 0 ? errno : 0);
  for (int i = 0; i < got; i++) printf(" \"%.*s\"", messages[i].msg_len, buffers[i]);
  puts("");
}

/* Sends one message now and two more later, each after a while. */
static pid_t sender(void) {
  write(pair[1], "first", 5);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    usleep(60000), write(pair[1], "second", 6);
    usleep(60000), write(pair[1], "third", 5);
    _exit(0);
  }
  return child;
}

static void nothing(int signo) {}

int main(void) {
  socketpair(AF_UNIX, SOCK_DGRAM, 0, pair);
  prepare();
  for (int i = 0; i < N; i++) iov[i].iov_len = snprintf(buffers[i], 16, "m%d", i);
  CALL(sendmmsg(pair[1], messages, 3, 0));
  receive("what is there", N, MSG_DONTWAIT, NULL);
  receive("nothing is there", N, MSG_DONTWAIT, NULL);
  sender();
  receive("waits for three", 3, 0, NULL);
  wait(NULL);
  write(pair[1], "one", 3);
  receive("waits for one", 3, MSG_WAITFORONE, NULL);
  sender();
  struct timespec t = {0, 1};
  receive("hardly any time", 3, 0, &t);
  NUMBER(t.tv_sec), NUMBER(t.tv_nsec);
  t = (struct timespec){100, 0};
  receive("time enough", 2, 0, &t);
  TRUTH(t.tv_sec < 100 && t.tv_sec > 90);
  wait(NULL);
  t.tv_nsec = -1;
  receive("no time", 2, 0, &t);
  receive("none wanted", 0, 0, NULL);
  write(pair[1], "a", 1);
  signal(SIGALRM, nothing);
  struct sigaction act = {.sa_handler = nothing};
  sigaction(SIGALRM, &act, NULL);
  // Until it is stopped: the first may come too early.
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 200000}, {0, 200000}}, NULL);
  receive("a signal after one", 2, 0, NULL);
  close(pair[1]);
  return 0;
}
