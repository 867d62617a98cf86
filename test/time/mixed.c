// Threads that race, signals that interrupt them, and input that comes over the network at its own times. Prints the port
// that it listens on, then what it saw: another thing in every run.
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile unsigned racy, alarms, mixed, over;
static unsigned char seen[1 << 16];

static void on_alarm(int signo) {
  alarms += signo;
  mixed = mixed * 31 + racy;
}

static void *work(void *arg) {
  while (!over) racy = racy * 5 + (unsigned)(long)arg;
  return 0;
}

int main(void) {
  pthread_t threads[3];
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof at;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, (void *)&at, sizeof at) || listen(listener, 1)) return 1;
  getsockname(listener, (void *)&at, &length);
  printf("%d\n", ntohs(at.sin_port));
  fflush(stdout);
  struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, 0);
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 3000}, {0, 3000}}, 0);
  for (long i = 0; i < 3; i++) pthread_create(&threads[i], 0, work, (void *)(i + 1));
  int peer = accept(listener, 0, 0);
  if (write(peer, "+", 1) != 1) return 2;
  unsigned pieces = 0, total = 0;
  for (long n; (n = read(peer, seen, sizeof seen)) > 0; pieces++) {
    for (long i = 0; i < n; i++) mixed = mixed * 33 + seen[i] + racy % 7;
    total += (unsigned)n;
  }
  over = 1;
  for (int i = 0; i < 3; i++) pthread_join(threads[i], 0);
  setitimer(ITIMER_REAL, &(struct itimerval){0}, 0);
  printf("%u bytes in %u pieces, %u %u %u\n", total, pieces, alarms != 0, racy, mixed);
  return 5;
}
