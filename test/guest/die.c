// build: gcc -O0
// build: musl-gcc -O0 -static
// run: null => SIGSEGV
// run: jump => SIGSEGV
// run: data => SIGSEGV
// run: text => SIGSEGV
// run: ud2 => SIGILL
// run: bad => SIGILL
// run: divide => SIGFPE
// run: overflow => SIGFPE
// run: int3 => SIGTRAP
// run: int80-like => SIGSEGV
// run: hlt => SIGSEGV
// run: in => SIGSEGV
// run: cli => SIGSEGV
// run: noncanonical => SIGSEGV
// run: stack => SIGSEGV
// run: abort => SIGABRT
// run: bus => SIGBUS
// run: trap => SIGTRAP
// run: alarm => SIGALRM
// run: pipe => SIGPIPE
// run: kill => SIGKILL
// run: lock => SIGILL
// run: movaps => SIGSEGV
// run: fpu => SIGFPE
// run: sse => SIGFPE
// run: sigreturn => SIGSEGV
// run: blocked => SIGSEGV
// run: ignored => SIGSEGV
#define _GNU_SOURCE
#include "check.h"
#include <fenv.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int deeper(int n) {
  char frame[10000];
  frame[0] = n;
  return deeper(n + 1) + frame[0];
}

int main(int argc, char **argv) {
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
  printf("%s\n", argv[1]);
  fflush(stdout);
  const char *how = argv[1];
  volatile int zero = 0, most = -2147483647 - 1, minus = -1;
  static char data[100] = "\xc3";
#define CASE(name) if (!strcmp(how, name))
  CASE("null") *(volatile int *)0 = 1;
  CASE("jump") ((void (*)(void))0x12345678)();
  CASE("data") ((void (*)(void))data)();
  CASE("text") *(volatile char *)main = 1;
  CASE("ud2") __asm__("ud2");
  CASE("bad") __asm__(".byte 0x06");
  CASE("divide") printf("%d\n", 5 / zero);
  CASE("overflow") printf("%d\n", most / minus);
  CASE("int3") __asm__("int3");
  CASE("int80-like") __asm__("int $0x81");
  CASE("hlt") __asm__("hlt");
  CASE("in") __asm__("in $0x60,%al");
  CASE("cli") __asm__("cli");
  CASE("noncanonical") *(volatile int *)0x8000000000001000 = 1;
  CASE("stack") return deeper(0);
  CASE("abort") abort();
  CASE("bus") {
    FILE *f = tmpfile();
    *(volatile char *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(f), 0) = 1;
  }
  CASE("trap") __asm__("pushfq; orl $0x100,(%rsp); popfq; nop; nop");
  CASE("alarm") {
    ualarm(10000, 0);
    for (;;) continue;
  }
  CASE("pipe") {
    int p[2];
    pipe(p);
    close(p[0]);
    write(p[1], "x", 1);
  }
  CASE("kill") kill(getpid(), SIGKILL);
  CASE("lock") __asm__(".byte 0xf0; nop");
  CASE("movaps") __asm__("movaps %xmm0,1(%rsp)");
  CASE("fpu") __asm__("fninit; fldcw %0; fldz; fld1; fdivp; fwait" ::"m"(*(short *)"\x7b\x03"));
  CASE("sse") __asm__("ldmxcsr %0; xorps %%xmm0,%%xmm0; divss %%xmm0,%%xmm0" ::"m"(*(int *)"\x00\x1f\x00\x00") : "xmm0");
  CASE("sigreturn") {
    // A frame that says nothing sensible.
    __asm__("xor %%esp,%%esp; mov $15,%%eax; syscall" ::: "memory");
  }
  CASE("blocked") {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    *(volatile int *)0 = 1;
  }
  CASE("ignored") {
    signal(SIGSEGV, SIG_IGN);
    *(volatile int *)0 = 1;
  }
  puts("survived");
  return 99;
}
