// build: gcc -O1 -pthread
#define _GNU_SOURCE
#include "check.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long futex(unsigned *word, int op, unsigned value, struct timespec *t, unsigned *other, unsigned value3) {
  return syscall(SYS_futex, word, op, value, t, other, value3);
}

static unsigned word, first, second;
static pthread_mutex_t mutex;
static long counter;

static void *adder(void *argument) {
  for (int i = 0; i < 2000; i++) {
    pthread_mutex_lock(&mutex);
    counter++;
    if (i % 50 == 0) sched_yield();
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static void *dies(void *argument) {
  pthread_mutex_lock(argument);
  return NULL;
}

static void *wakes(void *argument) {
  while (futex(&second, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0) usleep(1000);
  return NULL;
}

struct waitv {
  uint64_t val, uaddr;
  uint32_t flags, reserved;
};

int main(void) {
  unsigned tid = gettid();
  CALL(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  TRUTH(word == tid);
  CALL(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  CALL(futex(&word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0));
  CALL(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  NUMBER(word);
  CALL(futex(&word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
  word = 0x3ffffff0;
  CALL(futex(&word, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
  CALL(futex(&word, FUTEX_WAIT_REQUEUE_PI, 1, NULL, &word, 0));
  CALL(futex(&first, FUTEX_CMP_REQUEUE_PI, 1, NULL, &second, 7));
  CALL(futex(&first, FUTEX_CMP_REQUEUE_PI, 1, NULL, &second, 0));

  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
  pthread_mutex_init(&mutex, &a);
  pthread_t t[4];
  for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, adder, NULL);
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  NUMBER(counter);
  CALL(pthread_mutex_lock(&mutex));
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 20000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  if (!fork()) _exit(0);
  wait(NULL);
  CALL(pthread_mutex_unlock(&mutex));

  // A robust one between threads: its owner ends.
  static pthread_mutex_t robust;
  pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
  pthread_mutex_init(&robust, &a);
  pthread_create(&t[0], NULL, dies, &robust);
  pthread_join(t[0], NULL);
  CALL(pthread_mutex_lock(&robust));
  CALL(pthread_mutex_consistent(&robust));
  CALL(pthread_mutex_unlock(&robust));

  struct waitv w[2] = {{0, (uintptr_t)&first, 2 | 128, 0}, {0, (uintptr_t)&second, 2 | 128, 0}};
  CALL(syscall(449, w, 0, 0, NULL, CLOCK_MONOTONIC));
  CALL(syscall(449, w, 129, 0, NULL, CLOCK_MONOTONIC));
  CALL(syscall(449, w, 2, 1, NULL, CLOCK_MONOTONIC));
  w[0].flags = 0;
  CALL(syscall(449, w, 2, 0, NULL, CLOCK_MONOTONIC));
  w[0].flags = 2 | 128;
  w[0].val = 5;
  CALL(syscall(449, w, 2, 0, NULL, CLOCK_MONOTONIC));
  w[0].val = 0;
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  CALL(syscall(449, w, 2, 0, &at, CLOCK_MONOTONIC));
  CALL(syscall(449, w, 2, 0, &at, 5));
  pthread_create(&t[0], NULL, wakes, NULL);
  CALL(syscall(449, w, 2, 0, NULL, CLOCK_MONOTONIC));
  pthread_join(t[0], NULL);
  return 0;
}
