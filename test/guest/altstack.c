// build: gcc -O1
// build: musl-gcc -O1 -static
// run: overflow
// run: onstack
// run: none => SIGSEGV
#define _GNU_SOURCE
#include "check.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static char stack[65536];
static sigjmp_buf out;

static int inside(void *p) { return (char *)p >= stack && (char *)p < stack + sizeof stack; }

static void handler(int signo, siginfo_t *info, void *context) {
  int here;
  stack_t now;
  sigaltstack(NULL, &now);
  printf("signal %d on the other stack %d flags %d\n", signo, inside(&here), now.ss_flags);
  if (signo == SIGUSR1) {
    stack_t s = {stack, 0, sizeof stack};
    CALL(sigaltstack(&s, NULL));
    return;
  }
  siglongjmp(out, 1);
}

__attribute__((noinline)) static int deeper(int n) {
  volatile char frame[1000];
  frame[n % 1000] = n;
  return deeper(n + 1) + frame[n % 1000];
}

int main(int argc, char **argv) {
  struct rlimit limit = {1 << 20, 1 << 20};
  setrlimit(RLIMIT_STACK, &limit);
  if (!strcmp(argv[1], "none")) return deeper(0);
  stack_t s = {stack, 0, 100};
  CALL(sigaltstack(&s, NULL));
  s.ss_size = sizeof stack;
  CALL(sigaltstack(&s, NULL));
  struct sigaction a = {0};
  a.sa_sigaction = handler;
  a.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigaction(SIGSEGV, &a, NULL);
  sigaction(SIGUSR1, &a, NULL);
  if (!strcmp(argv[1], "onstack")) {
    raise(SIGUSR1);
    stack_t now;
    sigaltstack(NULL, &now);
    NUMBER(now.ss_flags);
    NUMBER(now.ss_size);
    s.ss_flags = SS_DISABLE;
    CALL(sigaltstack(&s, NULL));
    int here;
    raise(SIGUSR1);
    return 0;
  }
  for (int i = 0; i < 3; i++) {
    if (!sigsetjmp(out, 1)) deeper(0);
    puts("recovered");
  }
  return 0;
}
