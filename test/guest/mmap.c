// build: gcc -O1
// build: musl-gcc -O1 -static
// tree
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define RW (PROT_READ | PROT_WRITE)
#define PRIVATE (MAP_PRIVATE | MAP_ANONYMOUS)

static sigjmp_buf out;
static void on_fault(int signo) { siglongjmp(out, signo); }

/* The signal a read (or write) of this byte raises; 0 for none. */
static int poke(volatile char *p, int write) {
  int signo = sigsetjmp(out, 1);
  if (signo) return signo;
  if (write) *p = *p;
  else (void)*p;
  return 0;
}
#define READ(p) poke((char *)(p), 0)
#define WRITE(p) poke((char *)(p), 1)

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGSEGV, on_fault);
  signal(SIGBUS, on_fault);
  char *p = mmap(NULL, 8 * PAGE, RW, PRIVATE, -1, 0);
  TRUTH(p != MAP_FAILED && (long)p % PAGE == 0);
  int sum = 0;
  for (int i = 0; i < 8 * PAGE; i++) sum += p[i];
  NUMBER(sum);
  memset(p, 'x', 8 * PAGE);
  CALL(munmap(p + PAGE, PAGE));
  NUMBER(READ(p));
  NUMBER(READ(p + PAGE));
  NUMBER(READ(p + 2 * PAGE));
  CALL(mprotect(p + 2 * PAGE, PAGE, PROT_READ));
  NUMBER(READ(p + 2 * PAGE));
  NUMBER(WRITE(p + 2 * PAGE));
  CALL(mprotect(p + 3 * PAGE, PAGE, PROT_NONE));
  NUMBER(READ(p + 3 * PAGE));
  CALL(mprotect(p + 3 * PAGE, PAGE, RW));
  NUMBER(p[3 * PAGE + 5]);
  CALL(mprotect(p, 3 * PAGE, RW));
  CALL(mprotect(p + 1, PAGE, RW));
  CALL(munmap(p + 1, PAGE));
  CALL(munmap(p, 0));
  CALL(munmap(p + PAGE, PAGE));
  CALL(madvise(p + 4 * PAGE, PAGE, MADV_DONTNEED));
  NUMBER(p[4 * PAGE]);
  NUMBER(p[5 * PAGE]);
  CALL(madvise(p + 1, PAGE, MADV_DONTNEED));
  CALL(madvise(p, PAGE, 12345));
  WORKS(mmap(NULL, 0, RW, PRIVATE, -1, 0));
  WORKS(mmap(NULL, PAGE, RW, MAP_ANONYMOUS, -1, 0));
  WORKS(mmap(NULL, PAGE, RW, MAP_PRIVATE, -1, 0));
  WORKS(mmap(NULL, PAGE, RW, MAP_PRIVATE, 99, 0));

  // Fixed places: replaces what is there, or refuses to.
  TRUTH(mmap(p + 5 * PAGE, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0) == p + 5 * PAGE);
  NUMBER(p[5 * PAGE]);
  WORKS(mmap(p + 5 * PAGE, PAGE, RW, PRIVATE | MAP_FIXED_NOREPLACE, -1, 0));
  WORKS(mmap(p + 1, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0));
  char *cosmo = mmap((void *)0x100080000000, 0x10000, RW, PRIVATE | MAP_FIXED, -1, 0);
  TRUTH(cosmo == (void *)0x100080000000);
  cosmo[0xffff] = 'c';
  char *high = mmap((void *)0x7ffffff00000 - 0x100000000000, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0);
  NUMBER(WRITE(high));
  WORKS(mmap((void *)0x7ffffffff000, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0));
  WORKS(mmap((void *)0x800000000000, PAGE, RW, PRIVATE | MAP_FIXED, -1, 0));

  // Much more than there is.
  char *huge = mmap(NULL, 1L << 40, RW, PRIVATE | MAP_NORESERVE, -1, 0);
  TRUTH(huge != MAP_FAILED);
  huge[0] = 1;
  huge[(1L << 40) - 1] = 2;
  huge[1L << 39] = 3;
  NUMBER(huge[0] + huge[1L << 39] + huge[(1L << 40) - 1] + huge[12345678901]);
  CALL(munmap(huge, 1L << 40));
  char *none = mmap(NULL, 1L << 40, PROT_NONE, PRIVATE, -1, 0);
  TRUTH(none != MAP_FAILED);
  NUMBER(READ(none + 5));
  CALL(mprotect(none + (1L << 30), PAGE, RW));
  NUMBER(WRITE(none + (1L << 30)));
  CALL(munmap(none, 1L << 40));
  // Without MAP_NORESERVE the heuristic of vm.overcommit_memory = 0 refuses what exceeds all of RAM.
  WORKS(mmap(NULL, 1L << 45, RW, PRIVATE, -1, 0));
  WORKS(mmap(NULL, 1L << 47, RW, PRIVATE | MAP_NORESERVE, -1, 0));

  // Growing, shrinking, moving.
  char *q = mmap(NULL, 2 * PAGE, RW, PRIVATE, -1, 0);
  strcpy(q, "first");
  strcpy(q + PAGE, "second");
  q = mremap(q, 2 * PAGE, 100 * PAGE, MREMAP_MAYMOVE);
  TEXT(q);
  TEXT(q + PAGE);
  NUMBER(q[50 * PAGE]);
  q[99 * PAGE] = 'z';
  TRUTH(mremap(q, 100 * PAGE, 2 * PAGE, 0) == q);
  NUMBER(READ(q + 2 * PAGE));
  char *target = mmap(NULL, 4 * PAGE, PROT_NONE, PRIVATE, -1, 0);
  TRUTH(mremap(q, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, target) == target);
  TEXT(target + PAGE);
  NUMBER(READ(q));
  WORKS(mremap(q, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
  WORKS(mremap(target + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE));
  WORKS(mremap(target, PAGE, 0, MREMAP_MAYMOVE));
  WORKS(mremap(target, 2 * PAGE, 3 * PAGE, 0));

  // Files.
  int fd = open("data", O_CREAT | O_RDWR, 0600);
  char line[20];
  for (int i = 0; i < 1000; i++) write(fd, line, sprintf(line, "line %4d\n", i));
  char *shared = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
  char *own = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
  char *second = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
  TRUTH(memcmp(shared, "line    0\nline    1\n", 20) == 0);
  memcpy(shared, "SHARED", 6);
  memcpy(shared + PAGE, "SECOND", 6);
  memcpy(own + 10, "OWN", 3);
  char buf[30] = "";
  pread(fd, buf, 20, 0);
  TEXT(buf);
  printf("%.20s|\n", own);
  printf("%.6s|\n", second);
  pwrite(fd, "WRITE", 5, 20);
  printf("%.5s|\n", shared + 20);
  CALL(msync(shared, 3 * PAGE, MS_SYNC));
  CALL(msync(shared + 1, PAGE, MS_SYNC));
  NUMBER(shared[10001]);
  shared[10001] = 'q';
  NUMBER(READ(shared + 3 * PAGE - 1));
  ftruncate(fd, PAGE);
  NUMBER(READ(shared + PAGE));
  ftruncate(fd, 10000);
  NUMBER(shared[PAGE]);
  CALL(munmap(shared, 3 * PAGE));
  close(fd);
  printf("%.3s|\n", own + 10);
  int reader = open("data", O_RDONLY);
  WORKS(mmap(NULL, PAGE, RW, MAP_SHARED, reader, 0));
  char *copy = mmap(NULL, PAGE, RW, MAP_PRIVATE, reader, 0);
  copy[0] = 'P';
  char *ro = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, reader, 0);
  CALL(mprotect(ro, PAGE, RW));
  WORKS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, reader, 5));
  char *beyond = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, reader, 100 * PAGE);
  NUMBER(READ(beyond));
  int writer = open("data", O_WRONLY);
  WORKS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0));
  int dir = open(".", O_RDONLY);
  WORKS(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, dir, 0));

  // Shared and private memory over fork.
  int *common = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int *alone = mmap(NULL, PAGE, RW, PRIVATE, -1, 0);
  *common = *alone = 1;
  if (!fork()) {
    *common = *alone = 2;
    munmap(common, PAGE);
    _exit(*alone);
  }
  int status;
  wait(&status);
  NUMBER(WEXITSTATUS(status));
  NUMBER(*common);
  NUMBER(*alone);

  char *end = sbrk(0);
  TRUTH(sbrk(0x20000) == end || 1);
  unsigned char resident[4];
  CALL(mincore(p, 1, resident));
  NUMBER(resident[0] & 1);
  CALL(mlock(p, PAGE));
  CALL(munlock(p, PAGE));
  int memory = memfd_create("name", MFD_CLOEXEC);
  CALL(ftruncate(memory, 2 * PAGE));
  char *m = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, memory, 0);
  strcpy(m, "in memory");
  memset(buf, 0, sizeof buf);
  CALL(pread(memory, buf, 20, 0));
  TEXT(buf);
  return 0;
}
