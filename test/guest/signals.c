// build: gcc -O1
// build: gcc -O1 -static
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

static void on_info(int signo, siginfo_t *info, void *context) {
  printf("signal %d code %d mine %d value %d context %d\n", signo, info->si_code, info->si_pid == getpid(),
         info->si_code == SI_QUEUE ? info->si_value.sival_int : 0, context != NULL);
}

static void on_nested(int signo) {
  static int depth;
  depth++;
  printf("in %d, depth %d\n", signo, depth);
  if (signo == SIGUSR1) raise(SIGUSR2);
  if (signo == SIGUSR1 && depth < 3) raise(SIGUSR1);
  printf("out of %d, depth %d\n", signo, depth);
  depth--;
}

static volatile sig_atomic_t count;
static void on_count(int signo) { count++; }

static void on_mask(int signo) {
  sigset_t now;
  sigprocmask(SIG_BLOCK, NULL, &now);
  printf("in handler of %d blocked:", signo);
  for (int i = 1; i < 65; i++)
    if (sigismember(&now, i) == 1) printf(" %d", i);
  printf("\n");
}

static void pending(void) {
  sigset_t set;
  sigpending(&set);
  printf("pending:");
  for (int i = 1; i < 65; i++)
    if (sigismember(&set, i) == 1) printf(" %d", i);
  printf("\n");
}

static void on_order(int signo) { printf("order: %d\n", signo); }

static void action(int signo, void (*handler)(int), int flags, const int *mask) {
  struct sigaction a = {0};
  a.sa_handler = handler;
  a.sa_flags = flags;
  sigemptyset(&a.sa_mask);
  for (; mask && *mask; mask++) sigaddset(&a.sa_mask, *mask);
  CALL(sigaction(signo, &a, NULL));
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct sigaction a = {0}, old;
  a.sa_sigaction = on_info;
  a.sa_flags = SA_SIGINFO;
  CALL(sigaction(SIGUSR1, &a, NULL));
  CALL(sigaction(SIGRTMIN + 3, &a, NULL));
  raise(SIGUSR1);
  kill(getpid(), SIGUSR1);
  union sigval v = {.sival_int = 77};
  CALL(sigqueue(getpid(), SIGUSR1, v));
  CALL(sigaction(SIGKILL, &a, NULL));
  CALL(sigaction(99, &a, NULL));
  CALL(sigaction(SIGUSR1, NULL, &old));
  TRUTH(old.sa_sigaction == on_info);
  CALL(kill(getpid(), 0));
  CALL(kill(getpid(), 99));

  // Real-time signals queue, the others do not; the lowest number comes first.
  sigset_t set, before;
  sigfillset(&set);
  sigprocmask(SIG_BLOCK, &set, &before);
  for (int i = 0; i < 3; i++) {
    v.sival_int = i;
    sigqueue(getpid(), SIGRTMIN + 3, v);
    raise(SIGUSR1);
  }
  pending();
  sigprocmask(SIG_SETMASK, &before, NULL);
  pending();

  action(SIGUSR1, on_nested, SA_NODEFER, NULL);
  action(SIGUSR2, on_nested, 0, NULL);
  raise(SIGUSR1);
  action(SIGUSR1, on_nested, SA_RESETHAND, NULL);
  action(SIGUSR1, on_mask, 0, (int[]){SIGTERM, SIGHUP, 0});
  raise(SIGUSR1);
  action(SIGUSR1, on_mask, SA_NODEFER, (int[]){SIGINT, 0});
  raise(SIGUSR1);
  action(SIGUSR1, on_count, SA_RESETHAND, NULL);
  raise(SIGUSR1);
  sigaction(SIGUSR1, NULL, &old);
  TRUTH(old.sa_handler == SIG_DFL);

  int signals[] = {SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP, 0};
  for (int *s = signals; *s; s++) action(*s, on_order, 0, signals);
  sigprocmask(SIG_BLOCK, &set, &before);
  for (int *s = signals; *s; s++) raise(*s);
  sigprocmask(SIG_SETMASK, &before, NULL);

  // Interrupted calls. The timer goes on: a signal that comes before its call is not the last.
  int p[2];
  char c;
  pipe(p);
  struct itimerval soon = {{0, 150000}, {0, 150000}}, never = {0};
  action(SIGALRM, on_count, 0, NULL);
  count = 0;
  setitimer(ITIMER_REAL, &soon, NULL);
  CALL(read(p[0], &c, 1));
  setitimer(ITIMER_REAL, &never, NULL);
  TRUTH(count > 0);
  action(SIGALRM, on_count, SA_RESTART, NULL);
  count = 0;
  if (!fork()) {
    until_asleep(getppid());
    kill(getppid(), SIGALRM);
    write(p[1], "x", 1);
    _exit(0);
  }
  CALL(read(p[0], &c, 1));
  NUMBER(count);
  CALL(wait(NULL) > 0);
  setitimer(ITIMER_REAL, &soon, NULL);
  struct timespec t = {5, 0}, rest;
  CALL(nanosleep(&t, &rest));
  TRUTH(rest.tv_sec < 5);
  CALL(pause());
  setitimer(ITIMER_REAL, &never, NULL);
  alarm(100);
  int left = alarm(0);
  TRUTH(left > 50 && left <= 100);

  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(SIGUSR1);
  sigset_t none;
  sigemptyset(&none);
  CALL(sigsuspend(&none));
  pending();
  raise(SIGUSR1);
  int got;
  CALL(sigwait(&set, &got));
  NUMBER(got);
  siginfo_t info;
  t.tv_sec = 0;
  t.tv_nsec = 20000000;
  CALL(sigtimedwait(&set, &info, &t));
  v.sival_int = 5;
  sigqueue(getpid(), SIGUSR1, v);
  CALL(sigwaitinfo(&set, &info));
  NUMBER(info.si_code);
  NUMBER(info.si_value.sival_int);

  // Children.
  a.sa_sigaction = on_info;
  a.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGCHLD, &a, NULL);
  pid_t child = fork();
  if (!child) _exit(9);
  int status;
  TRUTH(waitpid(child, &status, 0) == child);
  NUMBER(WEXITSTATUS(status));
  action(SIGCHLD, SIG_DFL, 0, NULL);
  child = fork();
  if (!child) {
    write(p[1], "r", 1);
    for (;;) pause();
  }
  read(p[0], &c, 1);
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  NUMBER(WTERMSIG(status));
  CALL(kill(child, SIGTERM));

  // Process groups.
  child = fork();
  if (!child) {
    setpgid(0, 0);
    if (!fork()) {
      for (;;) pause();
    }
    write(p[1], "r", 1);
    for (;;) pause();
  }
  read(p[0], &c, 1);
  CALL(kill(-child, SIGKILL));
  waitpid(child, &status, 0);
  NUMBER(WTERMSIG(status));
  return 0;
}
