// build: gcc -O1
/* Priorities of reading and writing, and the state of the clock: kept, or only looked at. */
#define _GNU_SOURCE
#include "check.h"
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESS = 1, GROUP = 2, USER = 3, RT = 1 << 13, BE = 2 << 13, IDLE = 3 << 13 };

static long set(int which, int who, int priority) { return syscall(SYS_ioprio_set, which, who, priority); }
static long get(int which, int who) { return syscall(SYS_ioprio_get, which, who); }

int main(void) {
  CALL(set(PROCESS, 0, BE | 6));
  CALL(get(PROCESS, 0));
  CALL(get(PROCESS, getpid()));
  CALL(set(PROCESS, 0, IDLE));
  CALL(get(PROCESS, 0));
  CALL(set(PROCESS, 0, 4 << 13));
  CALL(set(PROCESS, 0, 3));
  CALL(set(0, 0, BE));
  CALL(set(4, 0, BE));
  CALL(get(4, 0));
  CALL(set(PROCESS, 99999999, BE));
  CALL(get(PROCESS, 99999999));
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    CALL(get(PROCESS, 0));
    CALL(set(GROUP, 0, BE | 1));
    CALL(get(GROUP, 0));
    CALL(setuid(65534));
    CALL(set(PROCESS, 0, RT | 1));
    CALL(set(PROCESS, getppid(), BE | 1));
    CALL(set(PROCESS, 0, BE | 2));
    CALL(get(PROCESS, 0));
    exit(0);
  }
  waitpid(child, NULL, 0);
  CALL(get(PROCESS, 0));

  struct timex t = {0};
  TRUTH(adjtimex(&t) >= 0);
  NUMBER(t.tick);
  TRUTH(t.time.tv_sec > 1000000000);
  memset(&t, 0, sizeof t);
  TRUTH(clock_adjtime(CLOCK_REALTIME, &t) >= 0);
  NUMBER(t.tick);
  CALL(clock_adjtime(CLOCK_MONOTONIC, &t));
  CALL(clock_adjtime(77, &t));
  return 0;
}
