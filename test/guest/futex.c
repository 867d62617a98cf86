// build: gcc -O1 -pthread
#define _GNU_SOURCE
#include "check.h"
#include <linux/futex.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long futex(int *word, int op, int value, struct timespec *t, int *other, int value3) {
  return syscall(SYS_futex, word, op, value, t, other, value3);
}

static char stack[65536] __attribute__((aligned(16)));
static int tid, flag;

static int thread(void *argument) {
  while (__atomic_load_n(&flag, __ATOMIC_SEQ_CST) == 0) futex(&flag, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
  return 0;
}

// All of them sleep when all could be moved to another word, and back.
static void until_waiting(int *word, int *other, int n) {
  for (int moved = 0; moved < n; usleep(1000)) moved += futex(word, FUTEX_CMP_REQUEUE, 0, (void *)100, other, *word);
  futex(other, FUTEX_CMP_REQUEUE, 0, (void *)100, word, *other);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  int *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CALL(futex(w, FUTEX_WAIT, 1, NULL, NULL, 0));
  CALL(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0));
  CALL(futex((int *)((char *)w + 1), FUTEX_WAIT, 0, NULL, NULL, 0));
  CALL(futex((int *)8, FUTEX_WAIT, 0, NULL, NULL, 0));
  CALL(futex(w, 127, 0, NULL, NULL, 0));
  struct timespec t = {0, 20000000}, bad = {0, 2000000000};
  CALL(futex(w, FUTEX_WAIT, 0, &t, NULL, 0));
  CALL(futex(w, FUTEX_WAIT, 0, &bad, NULL, 0));
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  CALL(futex(w, FUTEX_WAIT_BITSET, 0, &at, NULL, -1));
  CALL(futex(w, FUTEX_WAIT_BITSET, 0, &at, NULL, 0));

  // Between processes.
  for (int i = 0; i < 5; i++)
    if (!fork()) {
      while (w[0] == 0) futex(w, FUTEX_WAIT, 0, NULL, NULL, 0);
      _exit(w[0]);
    }
  until_waiting(&w[0], &w[2], 5);
  w[0] = 3;
  CALL(futex(w, FUTEX_WAKE, 2, NULL, NULL, 0));
  CALL(futex(w, FUTEX_REQUEUE, 0, (void *)100, &w[2], 0));
  CALL(futex(w, FUTEX_WAKE, 100, NULL, NULL, 0));
  CALL(futex(w, FUTEX_CMP_REQUEUE, 0, (void *)100, &w[2], 99));
  CALL(futex(&w[2], FUTEX_WAKE, 100, NULL, NULL, 0));
  int sum = 0, status;
  while (wait(&status) > 0) sum += WEXITSTATUS(status);
  NUMBER(sum);

  // clone with the thread id cleared and woken at the end.
  int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM | CLONE_PARENT_SETTID |
              CLONE_CHILD_CLEARTID;
  WORKS(clone(thread, stack + sizeof stack, flags, NULL, &tid, NULL, &tid));
  TRUTH(tid != 0);
  __atomic_store_n(&flag, 1, __ATOMIC_SEQ_CST);
  futex(&flag, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  for (int now; (now = __atomic_load_n(&tid, __ATOMIC_SEQ_CST));) futex(&tid, FUTEX_WAIT, now, NULL, NULL, 0);
  NUMBER(tid);
  CALL(syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0));
  CALL(syscall(SYS_clone, CLONE_SIGHAND, 0, 0, 0, 0));
  return 0;
}
