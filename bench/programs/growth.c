// How cost grows: steps N: a loop of about N instructions. processes N: N processes at once, each with a MiB of its own.
// code N: N MiB of functions, each called a hundred times.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MIB = 1 << 20, SIZE = 1024, CALLS = 100 };

static void steps(unsigned long n) {
  static unsigned table[1024];
  unsigned x = 1;
  for (unsigned long i = 0; i < n / 8; i++) {
    x = x * 1664525 + 1013904223;
    table[x >> 22] += x;
  }
  printf("%u\n", table[x >> 22]);
}

static void processes(int n) {
  int ready[2], go[2];
  if (pipe(ready) || pipe(go)) exit(1);
  for (int i = 0; i < n; i++) {
    pid_t pid = fork();
    if (pid < 0) exit(2);
    if (pid) continue;
    char c = 0, *p = malloc(MIB);
    for (int at = 0; at < MIB; at += 4096) p[at] = (char)(i + at);
    close(go[1]);
    if (write(ready[1], &c, 1) != 1 || read(go[0], &c, 1) < 0) _exit(1);
    _exit(0);
  }
  for (int i = 0; i < n; i++) {
    char c;
    if (read(ready[0], &c, 1) != 1) exit(3);
  }
  close(go[1]);
  int ended = 0;
  while (wait(NULL) > 0) ended++;
  printf("%d\n", ended);
}

static void code(int mib) {
  int count = mib * (MIB / SIZE);
  unsigned char *at = mmap(NULL, (size_t)mib * MIB, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) exit(1);
  for (int f = 0; f < count; f++) {
    unsigned char *p = at + (size_t)f * SIZE;
    // mov eax, edi; then add eax, imm32 and rol eax, 5 by turns; ret
    *p++ = 0x89, *p++ = 0xf8;
    for (int i = 0; i < (SIZE - 16) / 8; i++) {
      unsigned imm = (unsigned)f * 2654435761u + (unsigned)i;
      *p++ = 0x05, memcpy(p, &imm, 4), p += 4;
      *p++ = 0xc1, *p++ = 0xc0, *p++ = 5;
    }
    *p = 0xc3;
  }
  unsigned sum = 0;
  for (int f = 0; f < count; f++) {
    unsigned (*fn)(unsigned) = (unsigned (*)(unsigned))(at + (size_t)f * SIZE);
    for (int k = 0; k < CALLS; k++) sum = fn(sum);
  }
  printf("%u\n", sum);
}

int main(int argc, char **argv) {
  if (argc != 3) return 1;
  unsigned long n = strtoul(argv[2], NULL, 10);
  if (!strcmp(argv[1], "steps")) steps(n);
  else if (!strcmp(argv[1], "processes")) processes((int)n);
  else if (!strcmp(argv[1], "code")) code((int)n);
  else return 1;
  return 0;
}
