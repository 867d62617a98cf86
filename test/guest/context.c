// build: gcc -O1 -lm
// build: gcc -O1 -static -lm
// A handler sees the registers at the fault, and what it changes there holds after it returns.
#define _GNU_SOURCE
#include "check.h"
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

static char *page;
static int faults;

static void fix(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  faults++;
  printf("signal %d code %d offset %ld trap %lld error %lld cr2 %d\n", signo, info->si_code,
         (long)((char *)info->si_addr - page), u->uc_mcontext.gregs[REG_TRAPNO], u->uc_mcontext.gregs[REG_ERR],
         u->uc_mcontext.gregs[REG_CR2] == (long)info->si_addr);
  if (faults % 2) mprotect(page, 4096, PROT_READ | PROT_WRITE);
  else mmap(page + 4096, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static void change(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  printf("rip at fault %d, rbx %llx, r12 %llx\n", *(unsigned char *)u->uc_mcontext.gregs[REG_RIP],
         u->uc_mcontext.gregs[REG_RBX], u->uc_mcontext.gregs[REG_R12]);
  u->uc_mcontext.gregs[REG_RIP] += 2;
  u->uc_mcontext.gregs[REG_RBX] = 0x123456789abcdef0;
  u->uc_mcontext.gregs[REG_R12] = -1;
  u->uc_mcontext.gregs[REG_EFL] |= 1;
}

static void single(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  printf("signal %d code %d error %lld rip-addr %d\n", signo, info->si_code, u->uc_mcontext.gregs[REG_ERR],
         u->uc_mcontext.gregs[REG_RIP] == (long)info->si_addr);
  u->uc_mcontext.gregs[REG_RCX] = 7;
  u->uc_mcontext.gregs[REG_RDX] = 0;
}

static void clobber(int signo, siginfo_t *info, void *context) {
  // Floating-point state of the interrupted code is saved and restored around this.
  volatile double d = 3.5;
  fesetround(FE_UPWARD);
  __asm__ volatile("pcmpeqd %%xmm5,%%xmm5; fninit; fldpi; fldpi; std; cld" ::: "xmm5");
  d *= 2;
  struct _libc_fpstate *fp = ((ucontext_t *)context)->uc_mcontext.fpregs;
  printf("saved xmm5 %08x mxcsr %x cwd %x\n", fp->_xmm[5].element[0], fp->mxcsr, fp->cwd);
  fp->_xmm[6].element[1] = 0x600d;
}

static sigjmp_buf again;
static void jump(int signo) { siglongjmp(again, signo); }

static void set(int signo, void (*handler)(int, siginfo_t *, void *)) {
  struct sigaction a = {0};
  a.sa_sigaction = handler;
  a.sa_flags = SA_SIGINFO;
  sigaction(signo, &a, NULL);
}

int main(void) {
  page = mmap(NULL, 3 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  set(SIGSEGV, fix);
  page[5] = 'a';
  page[4096 + 9] = 'b';
  NUMBER(page[5] + page[4096 + 9]);
  mprotect(page, 4096, PROT_READ);
  page[17] = 1;
  NUMBER(faults);
  // An access that crosses into the forbidden page names that page's first byte.
  faults = 0;
  mprotect(page + 8192, 4096, PROT_NONE);
  page = page + 8192;
  *(volatile long *)(page - 4) = 5;
  NUMBER(faults);

  set(SIGILL, change);
  unsigned long rbx, r12, carry;
  __asm__ volatile(
      "mov $0x1111,%%rbx; mov $0x2222,%%r12; clc; ud2; setc %%al; movzbl %%al,%%eax; mov %%rbx,%0; mov %%r12,%1"
      : "=r"(rbx), "=r"(r12), "=&a"(carry)::"rbx", "r12", "cc");
  printf("after: %lx %lx %lx\n", rbx, r12, carry);

  set(SIGFPE, single);
  long quotient, remainder;
  __asm__ volatile("mov $0,%%rcx; mov $0,%%rdx; mov $100,%%rax; div %%rcx"
                   : "=&a"(quotient), "=&d"(remainder)::"rcx", "cc");
  NUMBER(quotient);
  NUMBER(remainder);
  set(SIGTRAP, single);
  __asm__ volatile("int3" ::: "rcx", "rdx");

  set(SIGUSR1, clobber);
  unsigned x5, x6;
  double pi;
  unsigned long pid = getpid();
  __asm__ volatile(
      "mov $0x5a5a5a5a,%%eax; movd %%eax,%%xmm5; pxor %%xmm6,%%xmm6; fld1;"
      "mov $39,%%eax; syscall; mov %%eax,%%edi; mov $10,%%esi; mov $62,%%eax; syscall;"
      "movd %%xmm5,%0; psrlq $32,%%xmm6; movd %%xmm6,%1; fstpl %2"
      : "=&r"(x5), "=&r"(x6), "=m"(pi)::"rax", "rdi", "rsi", "rcx", "r11", "xmm5", "xmm6", "memory");
  printf("%x %x %g rounding %d\n", x5, x6, pi, fegetround() == FE_TONEAREST);

  signal(SIGSEGV, jump);
  signal(SIGBUS, jump);
  int got = sigsetjmp(again, 1);
  if (!got) *(volatile int *)64 = 1;
  NUMBER(got);
  got = sigsetjmp(again, 1);
  if (!got) ((void (*)(void))0x123456)();
  NUMBER(got);
  // Non-canonical addresses give #GP: SIGSEGV without an address.
  got = sigsetjmp(again, 1);
  if (!got) *(volatile int *)0x8000000000000000 = 1;
  NUMBER(got);
  FILE *f = tmpfile();
  char *m = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fileno(f), 0);
  got = sigsetjmp(again, 1);
  if (!got) NUMBER(*(volatile char *)m);
  NUMBER(got);
  return 0;
}
