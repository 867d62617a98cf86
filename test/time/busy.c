// Threads that race, signals that interrupt them, children and pipes, the clock, random numbers, and what stands on the
// standard input. Prints what it saw: different in every run.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int racy, alarms, counter;
static long locked;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void on_alarm(int signo) {
  (void)signo;
  alarms++;
}

__attribute__((noinline)) void tick(int by) { __atomic_fetch_add(&counter, by, __ATOMIC_SEQ_CST); }

static void *work(void *arg) {
  for (int i = 0; i < 20000; i++) {
    pthread_mutex_lock(&mutex);
    locked += i;
    pthread_mutex_unlock(&mutex);
    racy++;
    if (i % 1000 == 0) tick((int)(long)arg);
  }
  return 0;
}

static int child(void) {
  int fds[2], status;
  char line[32] = "";
  if (pipe(fds)) return -1;
  pid_t pid = fork();
  if (pid == 0) {
    dprintf(fds[1], "%d", getpid());
    _exit(7);
  }
  close(fds[1]);
  if (read(fds[0], line, sizeof line - 1) < 0) return -1;
  close(fds[0]);
  waitpid(pid, &status, 0);
  return WEXITSTATUS(status) * 100000 + (int)strlen(line);
}

int main(void) {
  pthread_t threads[3];
  struct timespec now;
  unsigned random;
  char line[64] = "";
  signal(SIGALRM, on_alarm);
  ualarm(2000, 2000);
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], 0, work, (void *)(i + 1));
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  ualarm(0, 0);
  if (fgets(line, sizeof line, stdin)) line[strcspn(line, "\n")] = 0;
  clock_gettime(CLOCK_REALTIME, &now);
  if (getrandom(&random, sizeof random, 0) < 0) return 1;
  printf("%ld %d %d %d %d %ld %u [%s]\n", locked, racy, alarms, counter, child(), now.tv_nsec, random, line);
  return 3;
}
