// For as many seconds as argv[1] says: code that is written, run, rewritten and unmapped; threads that hand a token around;
// a timer's signals; processes that come and go. Prints what was done.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 4, PASSES = 50, PAGES = 4, CALLS = 3000 };

static volatile sig_atomic_t ticks;
static void tick(int signo) {
  (void)signo;
  ticks++;
}

static unsigned rewritten(unsigned round) {
  size_t size = PAGES * 4096;
  unsigned char *at = mmap(NULL, size, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) exit(1);
  unsigned sum = 0;
  for (unsigned version = 0; version < 4; version++) {
    // lea eax, [rdi+imm32]; 1: dec ecx; jnz 1b; ret, with ecx = 20 first
    unsigned char code[] = {0x8d, 0x87, 0, 0, 0, 0, 0xb9, 20, 0, 0, 0, 0xff, 0xc9, 0x75, 0xfc, 0xc3};
    unsigned imm = round * 4 + version;
    memcpy(code + 2, &imm, 4);
    for (int page = 0; page < PAGES; page++) memcpy(at + page * 4096, code, sizeof code);
    for (int k = 0; k < CALLS; k++) sum = ((unsigned (*)(unsigned))(at + k % PAGES * 4096))(sum);
  }
  munmap(at, size);
  return sum;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t passed = PTHREAD_COND_INITIALIZER;
static int holder;
static void *hand_around(void *arg) {
  int me = (int)(long)arg;
  for (int i = 0; i < PASSES; i++) {
    pthread_mutex_lock(&lock);
    while (holder != me) pthread_cond_wait(&passed, &lock);
    holder = (me + 1) % THREADS;
    pthread_cond_broadcast(&passed);
    pthread_mutex_unlock(&lock);
  }
  return NULL;
}

int main(int argc, char **argv) {
  long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 10;
  struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
  sigaction(SIGALRM, &action, NULL);
  struct itimerval every = {{0, 2000}, {0, 2000}};
  setitimer(ITIMER_REAL, &every, NULL);
  time_t end = time(NULL) + seconds;
  unsigned rounds = 0, sum = 0, children = 0;
  for (; time(NULL) < end; rounds++) {
    sum += rewritten(rounds);
    pthread_t thread[THREADS];
    for (long i = 0; i < THREADS; i++)
      if (pthread_create(&thread[i], NULL, hand_around, (void *)i)) exit(2);
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    if (rounds % 10) continue;
    pid_t pid = fork();
    if (pid == 0) {
      execl("/bin/true", "true", (char *)NULL);
      _exit(127);
    }
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status) exit(3);
    children++;
  }
  printf("%u rounds, %u processes, %d ticks, sum %u\n", rounds, children, ticks, sum);
  return ticks ? 0 : 4;
}
