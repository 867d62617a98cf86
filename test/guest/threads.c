// build: gcc -O1 -pthread
// build: gcc -O1 -pthread -static
// build: musl-gcc -O1 -static -pthread
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t change = PTHREAD_COND_INITIALIZER;
static __thread int mine = 5;
static long total;
static int atomic;

static void *adder(void *argument) {
  for (int i = 0; i < 20000; i++) {
    pthread_mutex_lock(&lock);
    total += (long)argument;
    pthread_mutex_unlock(&lock);
    __atomic_fetch_add(&atomic, 1, __ATOMIC_SEQ_CST);
  }
  mine += (long)argument;
  return (void *)(long)mine;
}

static int queue[8], head, tail;
static void *producer(void *argument) {
  for (int i = 1; i <= 500; i++) {
    pthread_mutex_lock(&lock);
    while (head - tail == 8) pthread_cond_wait(&change, &lock);
    queue[head++ % 8] = i;
    pthread_cond_broadcast(&change);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}
static void *consumer(void *argument) {
  long sum = 0;
  for (int i = 1; i <= 500; i++) {
    pthread_mutex_lock(&lock);
    while (head == tail) pthread_cond_wait(&change, &lock);
    sum += queue[tail++ % 8];
    pthread_cond_broadcast(&change);
    pthread_mutex_unlock(&lock);
  }
  return (void *)sum;
}

static pthread_barrier_t barrier;
static int arrived, serial;
static void *meet(void *argument) {
  for (int i = 0; i < 10; i++) {
    __atomic_fetch_add(&arrived, 1, __ATOMIC_SEQ_CST);
    if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) __atomic_fetch_add(&serial, 1, __ATOMIC_SEQ_CST);
    if (arrived < 4 * (i + 1)) puts("too early");
    pthread_barrier_wait(&barrier);
  }
  return NULL;
}

static void cleanup(void *text) { puts(text); }
static void *endless(void *argument) {
  pthread_cleanup_push(cleanup, "cleaned up");
  for (;;) pause();
  pthread_cleanup_pop(0);
  return NULL;
}

static sem_t semaphore;
static void *poster(void *argument) {
  for (int i = 0; i < 5; i++) sem_post(&semaphore);
  return NULL;
}

static pthread_t main_thread, receiver;
static volatile sig_atomic_t received;
static void on_signal(int signo) {
  received = 1;
  printf("signal %d in the receiver %d\n", signo, pthread_equal(pthread_self(), receiver));
}
static void *receive(void *argument) {
  sem_post(&semaphore);
  while (!received) usleep(1000);
  return NULL;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void first(void) { puts("once"); }
static pthread_key_t key;
static void forget(void *value) { printf("destroyed %ld\n", (long)value); }
static void *keyed(void *argument) {
  pthread_once(&once, first);
  pthread_setspecific(key, (void *)44);
  TRUTH(syscall(SYS_gettid) != getpid());
  return NULL;
}

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static int value;
static void *reader(void *argument) {
  for (int i = 0; i < 500; i++) {
    pthread_rwlock_rdlock(&rw);
    int a = value, b = value;
    if (a != b) puts("torn");
    pthread_rwlock_unlock(&rw);
    if (i % 10 == 0) {
      pthread_rwlock_wrlock(&rw);
      value++;
      pthread_rwlock_unlock(&rw);
    }
  }
  return NULL;
}

static void *stays(void *argument) {
  for (;;) pause();
}
static void *ends_process(void *argument) {
  fflush(stdout);
  exit(6);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  pthread_t t[16];
  void *result;
  long results = 0;
  main_thread = pthread_self();
  for (long i = 0; i < 4; i++) pthread_create(&t[i], NULL, adder, (void *)(i + 1));
  for (int i = 0; i < 4; i++) {
    pthread_join(t[i], &result);
    results += (long)result;
  }
  NUMBER(total);
  NUMBER(atomic);
  NUMBER(results);
  NUMBER(mine);

  pthread_create(&t[0], NULL, producer, NULL);
  pthread_create(&t[1], NULL, consumer, NULL);
  pthread_join(t[0], NULL);
  pthread_join(t[1], &result);
  NUMBER((long)result);

  pthread_barrier_init(&barrier, NULL, 4);
  for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, meet, NULL);
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  NUMBER(arrived);
  NUMBER(serial);

  pthread_create(&t[0], NULL, endless, NULL);
  int cancelled = pthread_cancel(t[0]);
  pthread_join(t[0], &result);
  NUMBER(cancelled);
  TRUTH(result == PTHREAD_CANCELED);

  sem_init(&semaphore, 0, 0);
  pthread_create(&t[0], NULL, poster, NULL);
  for (int i = 0; i < 5; i++) sem_wait(&semaphore);
  pthread_join(t[0], NULL);
  CALL(sem_trywait(&semaphore));
  struct timespec deadline;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_nsec += 30000000;
  if (deadline.tv_nsec >= 1000000000) deadline.tv_sec++, deadline.tv_nsec -= 1000000000;
  CALL(sem_timedwait(&semaphore, &deadline));
  pthread_mutex_lock(&lock);
  CALL(pthread_cond_timedwait(&change, &lock, &deadline));
  CALL(pthread_mutex_trylock(&lock));
  pthread_mutex_unlock(&lock);

  signal(SIGUSR1, on_signal);
  pthread_create(&receiver, NULL, receive, NULL);
  sem_wait(&semaphore);
  usleep(20000);
  int sent = pthread_kill(receiver, SIGUSR1);
  pthread_join(receiver, NULL);
  NUMBER(sent);

  pthread_key_create(&key, forget);
  for (int i = 0; i < 2; i++) {
    pthread_create(&t[0], NULL, keyed, NULL);
    pthread_join(t[0], NULL);
  }
  for (int i = 0; i < 8; i++) pthread_create(&t[i], NULL, reader, NULL);
  for (int i = 0; i < 8; i++) pthread_join(t[i], NULL);
  NUMBER(value);

  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t checked;
  pthread_mutex_init(&checked, &attributes);
  CALL(pthread_mutex_unlock(&checked));
  pthread_mutex_lock(&checked);
  CALL(pthread_mutex_lock(&checked));

  // A thread that forks; the child has one thread. Then the whole process ends while threads still wait.
  int status;
  pthread_create(&t[0], NULL, stays, NULL);
  if (!fork()) {
    pthread_create(&t[1], NULL, ends_process, NULL);
    pthread_join(t[1], NULL);
    _exit(1);
  }
  wait(&status);
  NUMBER(WEXITSTATUS(status));
  for (int i = 1; i < 16; i++) pthread_create(&t[i], NULL, stays, NULL);
  if (!fork()) _exit(2);
  wait(&status);
  NUMBER(WEXITSTATUS(status));
  return 0;
}
