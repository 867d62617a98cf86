// build: gcc -O1
// build: gcc -O1 -static
// Code that is written, run and written again, with no help from the program: x86 needs none.
#define _GNU_SOURCE
#include "check.h"
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*Function)(int);

/*
 * Counts down with calls that don't return, but for the last one if that is wanted: what stands behind the call is known to be
 * code only then, however hot the loop is. Behind the call, which ends at the given place, EAX is loaded.
 */
static void behind_call(unsigned char *after) {
  static const unsigned char loop[] = {
      0xff, 0xcf,                   /* -7: dec edi */
      0xe8, 0x06, 0x00, 0x00, 0x00, /* -5: call +6 */
      0xb8, 0x01, 0x00, 0x00, 0x00, /* 0: mov eax, 1 */
      0xc3,                         /* 5: ret */
      0x85, 0xff,                   /* 6: test edi, edi */
      0x74, 0x06,                   /* 8: jz 16 */
      0x48, 0x83, 0xc4, 0x08,       /* 10: add rsp, 8 */
      0xeb, 0xe9,                   /* 14: jmp -7 */
      0x85, 0xf6,                   /* 16: test esi, esi */
      0x75, 0x06,                   /* 18: jnz 26 */
      0x48, 0x83, 0xc4, 0x08,       /* 20: add rsp, 8 */
      0x31, 0xc0,                   /* 24: xor eax, eax */
      0xc3,                         /* 26: ret */
  };
  int (*run)(int, int) = (int (*)(int, int))(after - 7);
  memcpy(after - 7, loop, sizeof loop);
  NUMBER(run(300000, 0));
  after[1] = 2;
  NUMBER(run(1000, 1));
  after[1] = 3;
  NUMBER(run(1000, 1));
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  unsigned char *code = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Function run = (Function)code;
  // lea eax,[rdi+N]; ret
  memcpy(code, "\x8d\x47\x01\xc3", 4);
  int sum = 0;
  for (int i = 0; i < 1000; i++) {
    code[2] = i % 100;
    sum += run(i);
  }
  NUMBER(sum);
  // The same code hot: it must be seen to change after many runs too.
  for (int round = 0; round < 5; round++) {
    code[2] = round;
    for (int i = 0; i < 20000; i++) sum += run(i);
  }
  NUMBER(sum);

  // An instruction that changes the next one in the same block:
  // mov byte [rip+1],7 (the immediate of the next); mov eax,3; ret
  memcpy(code, "\xc6\x05\x01\x00\x00\x00\x07\xb8\x03\x00\x00\x00\xc3", 13);
  NUMBER(run(0));
  memcpy(code + 7, "\xb8\x05\x00\x00\x00\xc3", 6);
  NUMBER(run(0));
  // A loop that patches itself: mov ecx,10; xor eax,eax; L: add eax,1 (imm8 grows); inc byte [L+2]; dec ecx; jnz L; ret
  memcpy(code, "\xb9\x0a\x00\x00\x00\x31\xc0\x83\xc0\x01\xfe\x05\xf9\xff\xff\xff\xff\xc9\x75\xf3\xc3", 21);
  NUMBER(run(0));

  behind_call(code + 100);
  behind_call(code + 4096);

  // An instruction on two pages, of which either is changed.
  unsigned char *crossing = code + 4096 - 3;
  memcpy(crossing, "\xb8\x01\x02\x03\x04\xc3", 6);
  printf("%x\n", ((Function)crossing)(0));
  crossing[4] = 0x44;
  printf("%x\n", ((Function)crossing)(0));
  crossing[1] = 0x11;
  printf("%x\n", ((Function)crossing)(0));

  // Through another mapping of the same memory, and by a system call.
  int fd = memfd_create("code", 0);
  ftruncate(fd, 4096);
  unsigned char *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  Function x = (Function)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
  memcpy(w, "\x8d\x47\x01\xc3", 4);
  NUMBER(x(10));
  w[2] = 5;
  NUMBER(x(10));
  pwrite(fd, "\x09", 1, 2);
  NUMBER(x(10));
  if (!fork()) {
    w[2] = 20;
    _exit(x(10));
  }
  int status;
  wait(&status);
  NUMBER(WEXITSTATUS(status));
  NUMBER(x(10));
  // Private code after fork: the child's change is its own.
  memcpy(code, "\x8d\x47\x01\xc3", 4);
  NUMBER(run(1));
  if (!fork()) {
    code[2] = 30;
    _exit(run(1));
  }
  wait(&status);
  NUMBER(WEXITSTATUS(status));
  NUMBER(run(1));

  // W^X, as code generators do it.
  for (int i = 0; i < 50; i++) {
    mprotect(code, 4096, PROT_READ | PROT_WRITE);
    code[2] = i;
    mprotect(code, 4096, PROT_READ | PROT_EXEC);
    sum += run(i);
  }
  NUMBER(sum);
  // Mapped anew at the same place.
  for (int i = 0; i < 20; i++) {
    munmap(code, 4096);
    mmap(code, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    memcpy(code, "\x8d\x47\x01\xc3", 4);
    code[2] = i;
    sum += run(i);
  }
  NUMBER(sum);
  int p[2];
  pipe(p);
  write(p[1], "\x8d\x47\x63\xc3", 4);
  read(p[0], code, 4);
  NUMBER(run(0));
  return 0;
}
