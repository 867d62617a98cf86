// build: gcc -O1
/* Limits of setrlimit(2): file size, processor time, descriptors, address space, stack. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t got;
static void count(int signo) { got++; }
static void limit(int resource, rlim_t soft, rlim_t hard) { CALL(setrlimit(resource, &(struct rlimit){soft, hard})); }

static void file_size(void) {
  signal(SIGXFSZ, count);
  limit(RLIMIT_FSIZE, 1000, 1000);
  int fd = open("file", O_CREAT | O_RDWR, 0600);
  static char data[2000];
  CALL(write(fd, data, 600));
  CALL(write(fd, data, 600));
  NUMBER(got);
  CALL(write(fd, data, 1));
  NUMBER(got);
  CALL(pwrite(fd, data, 10, 5000));
  CALL(ftruncate(fd, 1000));
  CALL(ftruncate(fd, 1001));
  CALL(truncate("file", 1001));
  CALL(fallocate(fd, 0, 0, 2000));
  NUMBER(got);
  CALL(ftruncate(fd, 10));
  NUMBER(lseek(fd, 0, SEEK_END));
  int p[2];
  pipe(p);
  CALL(write(p[1], data, 2000));
}

static void file_size_default(void) {
  setrlimit(RLIMIT_FSIZE, &(struct rlimit){10, 10});
  int fd = open("file", O_CREAT | O_RDWR | O_APPEND, 0600);
  write(fd, "0123456789", 10);
  write(fd, "x", 1);
}

static void cpu_soft(void) {
  signal(SIGXCPU, count);
  limit(RLIMIT_CPU, 1, 10);
  while (!got) {}
  puts("told");
}
static void cpu_default(void) {
  limit(RLIMIT_CPU, 1, 10);
  fflush(stdout);
  for (;;) {}
}
static void cpu_hard(void) {
  signal(SIGXCPU, SIG_IGN);
  limit(RLIMIT_CPU, 1, 1);
  fflush(stdout);
  for (;;) {}
}

static void memory(void) {
  limit(RLIMIT_AS, 64 << 20, 64 << 20);
  TRUTH(mmap(NULL, 128 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
  NUMBER(errno);
  TRUTH(malloc(100 << 20) == NULL);
  TRUTH(malloc(1 << 20) != NULL);
}

static int depth(int n) {
  volatile char page[4096];
  page[0] = n;
  return n == 0 ? 0 : depth(n - 1) + page[0];
}
static void stack(void) {
  limit(RLIMIT_STACK, 1 << 20, RLIM_INFINITY);
  depth(150);
  puts("600 KB");
  fflush(stdout);
  depth(1000);
  puts("4 MB");
}

static void in_child(const char *name, void (*body)(void)) {
  printf("%s\n", name);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    body();
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  printf("status %x\n", status & 0xff7f);
  unlink("file");
}

int main(void) {
  limit(RLIMIT_CORE, 0, 0);
  in_child("file size", file_size);
  in_child("file size, SIGXFSZ", file_size_default);
  in_child("processor time, caught", cpu_soft);
  in_child("processor time, SIGXCPU", cpu_default);
  in_child("processor time, the hard limit", cpu_hard);
  in_child("address space", memory);
  in_child("stack", stack);
  return 0;
}
