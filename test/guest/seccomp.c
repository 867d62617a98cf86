// build: gcc -O1 -pthread
// seccomp(2): strict mode, filters and what they can answer, threads, exec, tracers.
#define _GNU_SOURCE
#include "check.h"
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RET(value) BPF_STMT(BPF_RET | BPF_K, value)
/* The next instruction for this call, else the one behind. */
#define ON(nr) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1)

static long set_filter(int flags, struct sock_filter *insns, int n) {
  struct sock_fprog program = {n, insns};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}
#define FILTER(...) \
  set_filter(0, (struct sock_filter[]){__VA_ARGS__}, sizeof(struct sock_filter[]){__VA_ARGS__} / sizeof(struct sock_filter))

static int privileged;
static void in_child(const char *what, void (*body)(void)) {
  printf("-- %s\n", what);
  fflush(stdout);
  if (!fork()) {
    if (!privileged) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    body();
    fflush(stdout);
    _exit(3);
  }
  int status;
  wait(&status);
  if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
  else printf("exit %d\n", WEXITSTATUS(status));
}

static void strict(void) {
  CALL(prctl(PR_GET_SECCOMP));
  fflush(stdout);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  write(1, "still here\n", 11);
  syscall(SYS_exit, 5);
}
static void strict_killed(void) {
  syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
  syscall(SYS_getpid);
}
static void refused(void) {
  CALL(syscall(SYS_seccomp, 99, 0, NULL));
  CALL(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
  CALL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, NULL));
  CALL(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 20, NULL));
  CALL(prctl(PR_SET_SECCOMP, 9, 0));
  unsigned action = SECCOMP_RET_TRAP;
  CALL(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
  action = 0x12340000;
  CALL(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action));
  CALL(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 1, &action));
}
static void programs(void) {
  CALL(set_filter(0, NULL, 0));
  CALL(FILTER(LOAD(nr)));
  CALL(FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(BPF_LD | BPF_MEM, 3), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(BPF_ST, 16), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(BPF_JMP | BPF_JA, 1), RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(BPF_STMT(0xffff, 0), RET(SECCOMP_RET_ALLOW)));
  /* Stored on one of two ways only. */
  CALL(FILTER(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), BPF_STMT(BPF_ST, 1), BPF_STMT(BPF_LD | BPF_MEM, 1),
              RET(SECCOMP_RET_ALLOW)));
  CALL(prctl(PR_GET_SECCOMP));
}

/* The results of arithmetic come out as error numbers of getppid. */
#define RESULT(...)                                                                                        \
  do {                                                                                                     \
    fflush(stdout);                                                                                        \
    if (!fork()) {                                                                                         \
      FILTER(LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 1, 0), RET(SECCOMP_RET_ALLOW),     \
             __VA_ARGS__, BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO), BPF_STMT(BPF_RET | BPF_A, 0)); \
      errno = 0;                                                                                           \
      long r = syscall(SYS_getppid);                                                                       \
      printf("%d: %ld errno %d\n", __LINE__, r < 0 ? r : 0, errno);                                        \
      fflush(stdout);                                                                                      \
      _exit(0);                                                                                            \
    }                                                                                                      \
    int status;                                                                                            \
    wait(&status);                                                                                         \
    if (status) printf("%d: status %d\n", __LINE__, status & 0x7f);                                        \
  } while (0)
#define A(k) BPF_STMT(BPF_LD | BPF_IMM, k)
#define X(k) BPF_STMT(BPF_LDX | BPF_IMM, k)
#define OP(op, source, k) BPF_STMT(BPF_ALU | op | source, k)

static void arithmetic(void) {
  RESULT(A(7), OP(BPF_ADD, BPF_K, 5));
  RESULT(A(7), OP(BPF_SUB, BPF_K, 9), OP(BPF_AND, BPF_K, 0xff));
  RESULT(A(0x10001), X(0x10003), OP(BPF_MUL, BPF_X, 0), OP(BPF_RSH, BPF_K, 16));
  RESULT(A(0xfffffff0), OP(BPF_DIV, BPF_K, 0x1000000));
  RESULT(A(100), X(7), OP(BPF_DIV, BPF_X, 0));
  RESULT(A(100), X(0), OP(BPF_DIV, BPF_X, 0));
  RESULT(A(0x55), X(0xf), OP(BPF_XOR, BPF_X, 0));
  RESULT(A(1), X(4), OP(BPF_LSH, BPF_X, 0));
  RESULT(A(1), X(36), OP(BPF_LSH, BPF_X, 0));
  RESULT(A(5), OP(BPF_NEG, 0, 0), OP(BPF_AND, BPF_K, 0xfff));
  RESULT(A(9), BPF_STMT(BPF_ST, 15), A(1), BPF_STMT(BPF_LDX | BPF_MEM, 15), BPF_STMT(BPF_MISC | BPF_TXA, 0));
  RESULT(A(9), BPF_STMT(BPF_MISC | BPF_TAX, 0), A(30), OP(BPF_ADD, BPF_X, 0));
  RESULT(X(77), BPF_STMT(BPF_STX, 0), BPF_STMT(BPF_LD | BPF_MEM, 0));
  RESULT(BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
  RESULT(BPF_STMT(BPF_LDX | BPF_W | BPF_LEN, 0), BPF_STMT(BPF_MISC | BPF_TXA, 0));
  RESULT(A(5), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 5, 0, 1), A(1));
  RESULT(A(5), BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 5, 0, 1), A(1));
  RESULT(A(0xffffffff), BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 5, 0, 1), A(1));
  RESULT(A(6), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 5, 0, 1), A(2));
  RESULT(A(6), X(6), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, 1), A(3));
  RESULT(A(6), BPF_STMT(BPF_JMP | BPF_JA, 1), A(3), OP(BPF_ADD, BPF_K, 1));
  RESULT(A(0xffff));
}

static void answers(void) {
  CALL(FILTER(LOAD(arch), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0), RET(SECCOMP_RET_KILL),
              LOAD(nr), ON(SYS_getppid), RET(SECCOMP_RET_ERRNO | 7), ON(SYS_getuid), RET(SECCOMP_RET_ERRNO),
              ON(SYS_gettid), RET(SECCOMP_RET_TRACE | 5), ON(SYS_kill), LOAD(args[1]),
              BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 12345, 0, 1), RET(SECCOMP_RET_ERRNO | 99), ON(12345),
              RET(SECCOMP_RET_ERRNO | 98), RET(SECCOMP_RET_ALLOW)));
  CALL(prctl(PR_GET_SECCOMP));
  CALL(syscall(SYS_getppid));
  CALL(syscall(SYS_getuid));
  CALL(syscall(SYS_gettid));
  CALL(syscall(SYS_kill, 0, 12345));
  CALL(syscall(SYS_kill, getpid(), 0));
  CALL(syscall(12345));
  CALL(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT));
  /* The newest of equals counts, and the strongest of all. */
  CALL(FILTER(LOAD(nr), ON(SYS_getppid), RET(SECCOMP_RET_ERRNO | 8), ON(SYS_getuid), RET(SECCOMP_RET_TRACE),
              RET(SECCOMP_RET_ALLOW)));
  CALL(syscall(SYS_getppid));
  CALL(syscall(SYS_getuid));
  char line[200];
  FILE *f = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, "Seccomp", 7) || !strncmp(line, "NoNewPrivs", 10)) fputs(line, stdout);
}

static void on_sys(int signo, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  printf("signal %d code %d errno %d syscall %d arch %x, at call %d, rax %lld\n", signo, info->si_code, info->si_errno,
         info->si_syscall, info->si_arch, info->si_call_addr == (void *)u->uc_mcontext.gregs[REG_RIP],
         (long long)u->uc_mcontext.gregs[REG_RAX]);
  u->uc_mcontext.gregs[REG_RAX] = 42;
}
static void trap(void) {
  struct sigaction action = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};
  sigaction(SIGSYS, &action, NULL);
  FILTER(LOAD(nr), ON(SYS_getppid), RET(SECCOMP_RET_TRAP | 77), RET(SECCOMP_RET_ALLOW));
  CALL(syscall(SYS_getppid));
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGSYS);
  sigprocmask(SIG_BLOCK, &set, NULL);
  fflush(stdout);
  syscall(SYS_getppid);
}
static void kill_process(void) {
  signal(SIGSYS, SIG_IGN);
  FILTER(LOAD(nr), ON(SYS_getppid), RET(SECCOMP_RET_KILL_PROCESS), RET(SECCOMP_RET_ALLOW));
  syscall(SYS_getppid);
}
static void unknown_action(void) {
  FILTER(LOAD(nr), ON(SYS_getppid), RET(0x00010000), RET(SECCOMP_RET_ALLOW));
  syscall(SYS_getppid);
}

static void *getppid_thread(void *unused) {
  syscall(SYS_getppid);
  puts("not here");
  return unused;
}
static void kill_thread(void) {
  FILTER(LOAD(nr), ON(SYS_getppid), RET(SECCOMP_RET_KILL_THREAD), RET(SECCOMP_RET_ALLOW));
  pthread_t t;
  pthread_create(&t, NULL, getppid_thread, NULL);
  pthread_join(t, NULL);
  puts("thread is gone");
  fflush(stdout);
  syscall(SYS_getppid);
}

static int ready[2], go[2];
static void *waits_thread(void *arg) {
  char c;
  if (arg) FILTER(RET(SECCOMP_RET_ALLOW));
  write(ready[1], "x", 1);
  read(go[0], &c, 1);
  errno = 0;
  long r = syscall(SYS_getppid);
  return (void *)(long)(r < 0 ? errno : 0);
}
static void synchronize(void) {
  struct sock_filter insns[] = {LOAD(nr), ON(SYS_getppid), RET(SECCOMP_RET_ERRNO | 11), RET(SECCOMP_RET_ALLOW)};
  pthread_t t;
  void *result;
  char c;
  pipe(ready);
  pipe(go);
  pthread_create(&t, NULL, waits_thread, NULL);
  read(ready[0], &c, 1);
  CALL(set_filter(SECCOMP_FILTER_FLAG_TSYNC, insns, 4));
  write(go[1], "x", 1);
  pthread_join(t, &result);
  NUMBER((long)result);
  pthread_create(&t, NULL, waits_thread, (void *)1);
  read(ready[0], &c, 1);
  TRUTH(set_filter(SECCOMP_FILTER_FLAG_TSYNC, insns, 4) > 1);
  CALL(set_filter(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH, insns, 4));
  write(go[1], "x", 1);
  pthread_join(t, &result);
}

static void inherited(void) {
  FILTER(LOAD(nr), ON(SYS_uname), RET(SECCOMP_RET_ERRNO | 38), RET(SECCOMP_RET_ALLOW));
  fflush(stdout);
  execl("/bin/uname", "uname", NULL);
}

static void unprivileged(void) {
  setuid(1000);
  CALL(FILTER(RET(SECCOMP_RET_ALLOW)));
  CALL(FILTER(LOAD(nr)));
  CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  CALL(FILTER(RET(SECCOMP_RET_ALLOW)));
}

static void step(pid_t child, int request, int *status) {
  ptrace(request, child, 0, 0);
  waitpid(child, status, 0);
}
static void traced(void) {
  pid_t child = fork();
  if (!child) {
    ptrace(PTRACE_TRACEME);
    raise(SIGSTOP);
    FILTER(LOAD(nr), ON(SYS_getppid), RET(SECCOMP_RET_TRACE | 33), ON(SYS_getuid), RET(SECCOMP_RET_TRACE | 34),
           ON(SYS_getgid), RET(SECCOMP_RET_ERRNO | 9), RET(SECCOMP_RET_ALLOW));
    long a = syscall(SYS_getppid), b = syscall(SYS_getuid), c = syscall(SYS_getppid);
    printf("child: %d, %ld, %ld %d\n", a == getpid(), b, c, errno);
    fflush(stdout);
    _exit(0);
  }
  int status;
  waitpid(child, &status, 0);
  ptrace(PTRACE_SETOPTIONS, child, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD);
  for (int i = 0; i < 3; i++) {
    struct user_regs_struct regs;
    struct __ptrace_syscall_info info = {0};
    unsigned long message = 0;
    step(child, PTRACE_CONT, &status);
    ptrace(PTRACE_GETEVENTMSG, child, 0, &message);
    ptrace(PTRACE_GETREGS, child, 0, &regs);
    long n = ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info);
    printf("status %x message %lu call %llu rax %lld info %ld op %d nr %llu data %u\n", status, message, regs.orig_rax,
           (long long)regs.rax, n, info.op, (unsigned long long)info.seccomp.nr, info.seccomp.ret_data);
    if (i == 0) regs.orig_rax = SYS_getpid;
    if (i == 1) regs.orig_rax = -1, regs.rax = 55;
    /* The filters are asked again about the new call. */
    if (i == 2) regs.orig_rax = SYS_getgid;
    ptrace(PTRACE_SETREGS, child, 0, &regs);
    step(child, PTRACE_SYSCALL, &status);
    ptrace(PTRACE_GETREGS, child, 0, &regs);
    printf("exit: status %x rax %lld\n", status, i ? (long long)regs.rax : 0);
  }
  step(child, PTRACE_CONT, &status);
  printf("end %x\n", status);
}

int main(void) {
  in_child("strict", strict);
  in_child("strict, killed", strict_killed);
  in_child("refused", refused);
  in_child("programs", programs);
  in_child("arithmetic", arithmetic);
  in_child("answers", answers);
  in_child("trap", trap);
  in_child("kill process", kill_process);
  in_child("unknown action", unknown_action);
  in_child("kill thread", kill_thread);
  in_child("synchronize", synchronize);
  in_child("inherited", inherited);
  in_child("traced", traced);
  privileged = 1;
  in_child("unprivileged", unprivileged);
  return 0;
}
