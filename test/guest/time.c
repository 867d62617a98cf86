// build: gcc -O1
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

static long long ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static volatile int ticks;
static void tick(int signo) { ticks++; }

int main(void) {
  long long a = ns(CLOCK_MONOTONIC);
  struct timespec t = {0, 50000000};
  CALL(nanosleep(&t, NULL));
  long long b = ns(CLOCK_MONOTONIC);
  TRUTH(b - a >= 50000000 && b - a < 10000000000);
  for (int i = 0; i < 1000; i++) {
    long long c = ns(CLOCK_MONOTONIC);
    if (c < b) puts("clock ran backwards");
    b = c;
  }
  TRUTH(llabs(ns(CLOCK_REALTIME) / 1000000000 - time(NULL)) <= 20);
  struct timeval v;
  gettimeofday(&v, NULL);
  TRUTH(llabs(v.tv_sec - time(NULL)) <= 20 && v.tv_usec < 1000000);
  TRUTH(llabs(ns(CLOCK_BOOTTIME) - ns(CLOCK_MONOTONIC)) >= 0);
  TRUTH(ns(CLOCK_PROCESS_CPUTIME_ID) >= 0 && ns(CLOCK_THREAD_CPUTIME_ID) >= 0);
  struct timespec r;
  CALL(clock_getres(CLOCK_MONOTONIC, &r));
  NUMBER(r.tv_sec);
  CALL(clock_gettime(99, &t));
  t.tv_nsec = 2000000000;
  CALL(nanosleep(&t, NULL));
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_nsec += 20000000;
  if (t.tv_nsec >= 1000000000) t.tv_sec++, t.tv_nsec -= 1000000000;
  CALL(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));
  CALL(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL));

  signal(SIGALRM, tick);
  struct itimerval i = {{0, 10000}, {0, 10000}}, old;
  CALL(setitimer(ITIMER_REAL, &i, NULL));
  while (ticks < 3) pause();
  CALL(getitimer(ITIMER_REAL, &old));
  TRUTH(old.it_interval.tv_usec == 10000 && old.it_value.tv_usec <= 10000);
  memset(&i, 0, sizeof i);
  CALL(setitimer(ITIMER_REAL, &i, &old));
  // A timer also ends a loop that makes no system calls.
  ticks = 0;
  i.it_value.tv_usec = 20000;
  setitimer(ITIMER_REAL, &i, NULL);
  while (!ticks) continue;
  NUMBER(ticks);

  timer_t timer;
  struct sigevent e = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
  CALL(timer_create(CLOCK_MONOTONIC, &e, &timer));
  struct itimerspec s = {{0, 0}, {0, 10000000}};
  ticks = 0;
  sigset_t alarms, before;
  sigemptyset(&alarms);
  sigaddset(&alarms, SIGALRM);
  sigprocmask(SIG_BLOCK, &alarms, &before);
  CALL(timer_settime(timer, 0, &s, NULL));
  while (!ticks) sigsuspend(&before);
  sigprocmask(SIG_SETMASK, &before, NULL);
  CALL(timer_gettime(timer, &s));
  NUMBER(s.it_value.tv_nsec);
  CALL(timer_getoverrun(timer));
  CALL(timer_delete(timer));

  int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
  unsigned long expired;
  CALL(read(fd, &expired, 8));
  s.it_value.tv_nsec = s.it_interval.tv_nsec = 5000000;
  CALL(timerfd_settime(fd, 0, &s, NULL));
  usleep(30000);
  CALL(read(fd, &expired, 8));
  TRUTH(expired >= 2);
  CALL(read(fd, &expired, 4));

  struct rusage u;
  CALL(getrusage(RUSAGE_SELF, &u));
  TRUTH(u.ru_utime.tv_sec >= 0 && u.ru_maxrss > 0);
  CALL(getrusage(99, &u));
  struct tms m;
  TRUTH(times(&m) != -1);
  time_t when = 1234567890;
  char text[100];
  strftime(text, sizeof text, "%A %d %B %Y %H:%M:%S %Z %j", localtime(&when));
  TEXT(text);
  struct tm tm = {.tm_year = 124, .tm_mon = 1, .tm_mday = 30, .tm_hour = 25};
  NUMBER(timegm(&tm));
  TEXT(asctime(&tm));
  return 0;
}
