// build: gcc -O1 -pthread
/* rseq(2): registering, and sequences that begin anew when a signal or another thread comes between. */
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>

#define OTHER_SIG 0x12345678

static long call_rseq(void *area, unsigned length, int flags, unsigned sig) {
  return syscall(SYS_rseq, area, length, flags, sig);
}

static struct rseq *area(void) {
  return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

/* A descriptor for the code between two labels, and its address put where the kernel looks for it. */
#define SEQUENCE(start, length, abort)                                           \
  ".pushsection __rseq_cs, \"aw\"\n.balign 32\n3:\n.long 0, 0\n"                   \
  ".quad " start ", " length ", " abort "\n.popsection\n"                          \
  "leaq 3b(%%rip), %%rax\nmovq %%rax, 8(%[area])\n"

/* Loops in a sequence without end, until something comes between. */
static void *aborted_at;
static __attribute__((noinline)) void spin(struct rseq *where) {
  __asm__ volatile("leaq 4f(%%rip), %%rax\nmovq %%rax, %[at]\n" SEQUENCE("1f", "2f - 1f", "4f")
                   "1:\npause\njmp 1b\n2:\n"
                   ".byte 0x0f, 0xb9, 0x3d\n.long 0x53053053\n"
                   "4:\n"
                   : [at] "=m"(aborted_at)
                   : [area] "r"(where)
                   : "rax", "memory");
}

/* The same, but what stands before the place to go on at is not what was agreed; in the sequence, or behind it. */
static __attribute__((noinline)) void spin_wrong(struct rseq *where) {
  __asm__ volatile(SEQUENCE("1f", "2f - 1f", "4f") "1:\npause\njmp 1b\n2:\n.long 0x01020304\n4:\n"
                   :
                   : [area] "r"(where)
                   : "rax", "memory");
}
static __attribute__((noinline)) void spin_behind(struct rseq *where) {
  __asm__ volatile(SEQUENCE("1f", "2f - 1f", "4f") "1:\n2:\npause\njmp 2b\n.long 0x01020304\n4:\n"
                   :
                   : [area] "r"(where)
                   : "rax", "memory");
}
static __attribute__((noinline)) void spin_flagged(struct rseq *where) {
  where->flags = 1;
  spin(where);
}

static long counter;
/* Adds one without a locked instruction. */
static void add(struct rseq *where) {
  __asm__ volatile("5:\n" SEQUENCE("1f", "2f - 1f", "4f")
                   "1:\nmovq %[counter], %%rax\nleaq 1(%%rax), %%rcx\nmovq %%rcx, %[counter]\n2:\n"
                   ".pushsection .text.aborts, \"ax\"\n.byte 0x0f, 0xb9, 0x3d\n.long 0x53053053\n4:\njmp 5b\n.popsection\n"
                   : [counter] "+m"(counter)
                   : [area] "r"(where)
                   : "rax", "rcx", "memory");
}

/* Another program may have come between before the signal. */
static volatile int at_abort, forgotten;
static void on_alarm(int signo, siginfo_t *info, void *context) {
  (void)signo, (void)info;
  if (((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] != (long)aborted_at) return;
  at_abort = 1;
  forgotten = area()->rseq_cs == 0;
}

static void *counts(void *unused) {
  (void)unused;
  for (int i = 0; i < 200000; i++) add(area());
  return NULL;
}

static volatile int stop;
static void *spins(void *unused) {
  (void)unused;
  while (!stop) sched_yield();
  return NULL;
}

static struct rseq own __attribute__((aligned(64)));
static void *registers(void *unused) {
  (void)unused;
  struct rseq *mine = area();
  CALL(call_rseq(mine, sizeof own, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
  NUMBER((int)mine->cpu_id);
  CALL(call_rseq(mine, sizeof own, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
  CALL(call_rseq((char *)&own + 4, sizeof own, 0, RSEQ_SIG));
  CALL(call_rseq(&own, 16, 0, RSEQ_SIG));
  CALL(call_rseq(&own, sizeof own, 2, RSEQ_SIG));
  CALL(call_rseq((void *)0x800000000000, sizeof own, 0, RSEQ_SIG));
  own.cpu_id = -1;
  CALL(call_rseq(&own, sizeof own, 0, OTHER_SIG));
  TRUTH((int)own.cpu_id >= 0 && own.cpu_id == own.cpu_id_start);
  CALL(call_rseq(&own, sizeof own, 0, OTHER_SIG));
  CALL(call_rseq(&own, sizeof own, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
  CALL(call_rseq(&own, 64, RSEQ_FLAG_UNREGISTER, OTHER_SIG));
  CALL(call_rseq(mine, sizeof own, RSEQ_FLAG_UNREGISTER, OTHER_SIG));
  CALL(call_rseq(&own, sizeof own, RSEQ_FLAG_UNREGISTER, OTHER_SIG));
  return NULL;
}

static void nowhere(struct rseq *mine) {
  CALL(call_rseq(mine, sizeof own, RSEQ_FLAG_UNREGISTER, RSEQ_SIG));
  CALL(call_rseq((void *)4096, sizeof own, 0, RSEQ_SIG));
  puts("goes on");
}

static void in_child(void (*fails)(struct rseq *)) {
  fflush(stdout);
  pid_t pid = fork();
  if (pid == 0) {
    if (fails) alarm(1), fails(area());
    CALL(call_rseq(area(), sizeof own, 0, RSEQ_SIG));
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(pid, &status, 0);
  NUMBER(status & 0x7f);
}

int main(void) {
  TRUTH(__rseq_size >= 20);
  CALL(call_rseq(area(), sizeof own, 0, RSEQ_SIG));
  CALL(call_rseq(area(), sizeof own, 0, OTHER_SIG));
  CALL(call_rseq(&own, sizeof own, 0, RSEQ_SIG));
  CALL(call_rseq(area(), 64, 0, RSEQ_SIG));
  pthread_t threads[4];
  pthread_create(threads, NULL, registers, NULL);
  pthread_join(threads[0], NULL);

  struct sigaction action = {.sa_sigaction = on_alarm, .sa_flags = SA_SIGINFO};
  sigaction(SIGALRM, &action, NULL);
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 5000}, {0, 5000}}, NULL);
  while (!at_abort) spin(area());
  setitimer(ITIMER_REAL, &(struct itimerval){{0, 0}, {0, 0}}, NULL);
  TRUTH(forgotten);

  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(area()->cpu_id, &one);
  sched_setaffinity(0, sizeof one, &one);
  pthread_create(threads, NULL, spins, NULL);
  spin(area());
  TRUTH(area()->rseq_cs == 0);
  stop = 1;
  pthread_join(threads[0], NULL);

  for (int i = 0; i < 4; i++) pthread_create(threads + i, NULL, counts, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  NUMBER(counter);

  in_child(NULL);
  signal(SIGALRM, SIG_DFL);
  in_child(spin_wrong);
  in_child(spin_behind);
  in_child(spin_flagged);
  in_child(nowhere);
  return 0;
}
