/* Threads that wait for the first one, which then aborts or goes on. Built with -g by the tests of the debugger. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static pthread_barrier_t ready;
int shared;

__attribute__((noinline)) static void work(int n) {
  __atomic_fetch_add(&shared, n, __ATOMIC_SEQ_CST);
  pthread_barrier_wait(&ready);
  pthread_barrier_wait(&ready);
}

static void *start(void *argument) {
  work((int)(long)argument);
  return 0;
}

int main(int argc, char **argv) {
  pthread_t threads[2];
  pthread_barrier_init(&ready, 0, 3);
  for (long i = 0; i < 2; i++) pthread_create(&threads[i], 0, start, (void *)(i + 1));
  pthread_barrier_wait(&ready);
  if (argc > 1) abort();
  pthread_barrier_wait(&ready);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], 0);
  printf("%d\n", shared);
  return argv == 0;
}
