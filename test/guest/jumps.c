// build: gcc -O1
// build: gcc -O2 -static
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <setjmp.h>
#include <signal.h>

static jmp_buf points[3];
static int depth;

static int recurse(int n) {
  depth++;
  if (n == 0) longjmp(points[depth % 3], n + 5);
  return recurse(n - 1) + 1;
}

int main(void) {
  volatile int tries = 0;
  int r = setjmp(points[0]);
  printf("0: %d tries %d\n", r, tries);
  r = setjmp(points[1]);
  printf("1: %d tries %d\n", r, tries);
  r = setjmp(points[2]);
  printf("2: %d tries %d\n", r, tries);
  if (tries++ < 6) recurse(tries * 10);
  r = setjmp(points[0]);
  if (!r) longjmp(points[0], 0);
  NUMBER(r);
  sigjmp_buf s;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  if (!sigsetjmp(s, 1)) {
    sigprocmask(SIG_BLOCK, &set, NULL);
    siglongjmp(s, 1);
  }
  sigprocmask(SIG_BLOCK, NULL, &set);
  NUMBER(sigismember(&set, SIGUSR1));
  return 0;
}
