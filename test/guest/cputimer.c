// build: gcc -O1
// setitimer(2) with processor time: it runs while the program does, and not while it waits.
#define _GNU_SOURCE
#include "check.h"
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int ticks;
static void on_tick(int signo) {
  (void)signo;
  ticks++;
}

static void run(int which, int signo) {
  struct itimerval t = {{0, 2000}, {0, 3000}}, old;
  ticks = 0;
  signal(signo, on_tick);
  CALL(setitimer(which, &t, NULL));
  // Running for so long it would get a hundred.
  usleep(300000);
  TRUTH(ticks < 30);
  CALL(getitimer(which, &old));
  TRUTH(old.it_value.tv_usec > 0 && old.it_value.tv_usec <= 20000);
  NUMBER(old.it_interval.tv_usec);
  while (ticks < 5)
    ;
  if (!fork()) {
    getitimer(which, &old);
    NUMBER(old.it_value.tv_sec + old.it_value.tv_usec);
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  memset(&t, 0, sizeof t);
  CALL(setitimer(which, &t, &old));
  NUMBER(old.it_interval.tv_usec);
  CALL(getitimer(which, &old));
  NUMBER(old.it_value.tv_usec);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  run(ITIMER_VIRTUAL, SIGVTALRM);
  run(ITIMER_PROF, SIGPROF);
  struct itimerval bad = {{0, 0}, {0, 1000000}};
  CALL(setitimer(ITIMER_VIRTUAL, &bad, NULL));
  CALL(setitimer(7, &bad, NULL));
  return 0;
}
