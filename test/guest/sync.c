// build: gcc -O1 -pthread
// build: musl-gcc -O1 -static -pthread
// run:
// run: 3
/* Threads and what they synchronize with. Every part prints sums that must not depend on the schedule. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 4
static int rounds = 60;
static pthread_t threads[THREADS];

static void all(void *(*body)(void *)) {
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, body, (void *)i);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER, recursive, checking;
static long plain;
static void *mutexes(void *argument) {
  for (int i = 0; i < rounds; i++) {
    pthread_mutex_lock(&mutex);
    long seen = plain;
    if (i % 7 == 0) sched_yield();
    plain = seen + 1;
    pthread_mutex_unlock(&mutex);
    pthread_mutex_lock(&recursive);
    pthread_mutex_lock(&recursive);
    plain += 0;
    pthread_mutex_unlock(&recursive);
    pthread_mutex_unlock(&recursive);
    while (pthread_mutex_trylock(&checking)) sched_yield();
    pthread_mutex_unlock(&checking);
  }
  return NULL;
}

/* A bounded buffer. */
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER, emptied = PTHREAD_COND_INITIALIZER;
static int items[4], count;
static long consumed;
static void *conditions(void *argument) {
  long me = (long)argument;
  for (int i = 0; i < rounds; i++) {
    pthread_mutex_lock(&mutex);
    if (me % 2) {
      while (count == 4) pthread_cond_wait(&emptied, &mutex);
      items[count++] = i;
      pthread_cond_signal(&filled);
    } else {
      while (count == 0) pthread_cond_wait(&filled, &mutex);
      consumed += items[--count];
      pthread_cond_broadcast(&emptied);
    }
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static sem_t semaphore;
static atomic_int inside, most;
static void *semaphores(void *argument) {
  for (int i = 0; i < rounds; i++) {
    sem_wait(&semaphore);
    int now = atomic_fetch_add(&inside, 1) + 1;
    int before = atomic_load(&most);
    while (now > before && !atomic_compare_exchange_weak(&most, &before, now)) continue;
    atomic_fetch_sub(&inside, 1);
    sem_post(&semaphore);
  }
  return NULL;
}

static pthread_barrier_t barrier;
static atomic_int arrived, serial, early;
static void *barriers(void *argument) {
  for (int i = 0; i < rounds / 4; i++) {
    atomic_fetch_add(&arrived, 1);
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) atomic_fetch_add(&serial, 1);
    if (atomic_load(&arrived) < (i + 1) * THREADS) atomic_fetch_add(&early, 1);
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long left, right;
static atomic_int torn;
static void *rwlocks(void *argument) {
  for (int i = 0; i < rounds; i++) {
    if (((long)argument + i) % 4 == 0) {
      pthread_rwlock_wrlock(&rwlock);
      left++;
      sched_yield();
      right++;
    } else {
      pthread_rwlock_rdlock(&rwlock);
      if (left != right) atomic_fetch_add(&torn, 1);
    }
    pthread_rwlock_unlock(&rwlock);
  }
  return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int onces;
static void first(void) { sched_yield(), onces++; }
static pthread_key_t key;
static atomic_int destroyed;
static _Thread_local long local = 5;
static void destroy(void *value) { atomic_fetch_add(&destroyed, (int)(long)value); }
static void *specifics(void *argument) {
  pthread_once(&once, first);
  pthread_setspecific(key, (void *)((long)argument + 1));
  local += (long)argument;
  for (int i = 0; i < 5; i++) sched_yield();
  return (void *)local;
}

/* Cancellation at points, with handlers; deferred while disabled. */
static atomic_int cleaned;
static void cleanup(void *argument) { atomic_fetch_add(&cleaned, 1); }
static void *cancelled(void *argument) {
  pthread_cleanup_push(cleanup, NULL);
  if ((long)argument % 2) pause();
  for (;;) {
    struct timespec t = {0, 1000000};
    nanosleep(&t, NULL);
  }
  pthread_cleanup_pop(1);
  return NULL;
}

/* Treiber's stack: nodes are never given back, so there is no ABA. */
struct node {
  struct node *next;
  long value;
};
static _Atomic(struct node *) top;
static atomic_long popped;
static void *stacks(void *argument) {
  struct node *mine = calloc(rounds, sizeof *mine);
  for (int i = 0; i < rounds; i++) {
    mine[i].value = i;
    mine[i].next = atomic_load(&top);
    while (!atomic_compare_exchange_weak(&top, &mine[i].next, &mine[i])) continue;
    if (i % 2) {
      struct node *n = atomic_load(&top);
      while (n && !atomic_compare_exchange_weak(&top, &n, n->next)) continue;
      if (n) atomic_fetch_add(&popped, n->value);
    }
  }
  return NULL;
}

/* Peterson's lock and message passing: sequentially consistent atomics. */
static atomic_int flags[2], turn;
static long guarded;
static void *peterson(void *argument) {
  int me = (int)(long)argument;
  if (me > 1) return NULL;
  for (int i = 0; i < rounds; i++) {
    atomic_store(&flags[me], 1);
    atomic_store(&turn, 1 - me);
    while (atomic_load(&flags[1 - me]) && atomic_load(&turn) == 1 - me) sched_yield();
    guarded++;
    atomic_store(&flags[me], 0);
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc > 1) rounds *= atoi(argv[1]);
  pthread_mutexattr_t a;
  pthread_mutexattr_init(&a);
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&recursive, &a);
  pthread_mutexattr_settype(&a, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_init(&checking, &a);
  all(mutexes);
  pthread_mutex_lock(&checking);
  printf("mutexes %ld, again %d\n", plain, pthread_mutex_lock(&checking) == EDEADLK);
  all(conditions);
  printf("conditions %ld, left %d\n", consumed, count);
  sem_init(&semaphore, 0, 2);
  all(semaphores);
  printf("semaphores %s\n", atomic_load(&most) <= 2 ? "kept" : "broken");
  pthread_barrier_init(&barrier, NULL, THREADS);
  all(barriers);
  printf("barriers %d, early %d\n", serial, early);
  all(rwlocks);
  printf("rwlocks %ld %ld, torn %d\n", left, right, torn);
  pthread_key_create(&key, destroy);
  long sum = 0;
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, specifics, (void *)i);
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  printf("once %d, destroyed %d, locals %ld\n", onces, destroyed, sum);
  int ended = 0;
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, cancelled, (void *)i);
  struct timespec t = {0, 5000000};
  nanosleep(&t, NULL);
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_cancel(threads[i]);
    pthread_join(threads[i], &result);
    ended += result == PTHREAD_CANCELED;
  }
  printf("cancelled %d\n", ended);
  all(stacks);
  for (struct node *n = top; n; n = n->next) popped += n->value;
  printf("stack %ld\n", popped);
  all(peterson);
  printf("peterson %ld\n", guarded);
  pthread_mutex_lock(&mutex);
  clock_gettime(CLOCK_REALTIME, &t);
  printf("timed wait %d\n", pthread_cond_timedwait(&filled, &mutex, &t) == ETIMEDOUT);
  return 0;
}
