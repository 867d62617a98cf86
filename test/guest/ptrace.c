// build: gcc -O1
#define _GNU_SOURCE
#include "check.h"
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <elf.h>
#include <time.h>
#include <unistd.h>

static volatile long word = 0x1234;
static const long constant = 77;

static void status(const char *what, pid_t pid, int options) {
  int s;
  pid_t got = waitpid(pid, &s, options);
  if (got < 0) printf("%s: errno %d\n", what, errno);
  else if (WIFEXITED(s)) printf("%s: exited %d\n", what, WEXITSTATUS(s));
  else if (WIFSIGNALED(s)) printf("%s: killed by %d\n", what, WTERMSIG(s));
  else printf("%s: stopped by %d, event %d\n", what, WSTOPSIG(s), s >> 16);
}

static int caught;
static void handler(int signo) { caught = signo; }

/* Calls, memory, registers, signals. */
static void child1(void) {
  ptrace(PTRACE_TRACEME, 0, 0, 0);
  signal(SIGUSR1, handler);
  raise(SIGSTOP);
  syscall(SYS_getppid);
  raise(SIGUSR1);
  raise(SIGUSR2);
  struct timespec t = {0, 1000000};
  nanosleep(&t, NULL);
  _exit(word == 0x5678 && constant == 88 && caught == SIGUSR1 ? 7 : 1);
}

static void calls(void) {
  pid_t pid = fork();
  if (!pid) child1();
  status("first", pid, 0);
  CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
  CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, 1 << 20 | 1 << 25));
  errno = 0;
  NUMBER(ptrace(PTRACE_PEEKDATA, pid, &word, 0));
  CALL(ptrace(PTRACE_POKEDATA, pid, &word, 0x5678));
  CALL(ptrace(PTRACE_POKEDATA, pid, &constant, 88));
  CALL(ptrace(PTRACE_PEEKDATA, pid, 16, 0));
  CALL(ptrace(PTRACE_POKEDATA, pid, 16, 0));
  CALL(ptrace(PTRACE_PEEKUSER, pid, 3, 0));
  CALL(ptrace(PTRACE_PEEKUSER, pid, 100000, 0));
  CALL(ptrace(999, pid, 0, 0));
  CALL(ptrace(PTRACE_LISTEN, pid, 0, 0));
  CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
  CALL(ptrace(PTRACE_CONT, pid, 0, 1000));
  siginfo_t info;
  CALL(ptrace(PTRACE_GETSIGINFO, pid, 0, &info));
  NUMBER(info.si_signo);
  TRUTH(info.si_pid == pid);
  struct user_regs_struct regs;
  CALL(ptrace(PTRACE_SYSCALL, pid, 0, 0));
  status("entry", pid, 0);
  CALL(ptrace(PTRACE_GETREGS, pid, 0, &regs));
  NUMBER(regs.orig_rax);
  NUMBER(regs.rax);
  NUMBER(regs.cs);
  NUMBER(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user_regs_struct, orig_rax), 0));
  struct __ptrace_syscall_info si;
  memset(&si, 0, sizeof si);
  CALL(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof si, &si));
  NUMBER(si.op);
  NUMBER(si.entry.nr);
  // Another call instead: getpid.
  regs.orig_rax = SYS_getpid;
  CALL(ptrace(PTRACE_SETREGS, pid, 0, &regs));
  CALL(ptrace(PTRACE_SYSCALL, pid, 0, 0));
  status("exit", pid, 0);
  CALL(ptrace(PTRACE_GETREGS, pid, 0, &regs));
  TRUTH(regs.rax == (unsigned long)pid);
  memset(&si, 0, sizeof si);
  CALL(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof si, &si));
  NUMBER(si.op);
  TRUTH(si.exit.rval == pid);
  struct iovec iov = {&regs, sizeof regs};
  CALL(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
  NUMBER(iov.iov_len);
  struct user_fpregs_struct fp;
  CALL(ptrace(PTRACE_GETFPREGS, pid, 0, &fp));
  NUMBER(fp.cwd);
  NUMBER(fp.mxcsr);
  CALL(ptrace(PTRACE_CONT, pid, 0, 0));
  status("usr1", pid, 0);
  CALL(ptrace(PTRACE_CONT, pid, 0, SIGUSR1));
  status("usr2", pid, 0);
  CALL(waitpid(pid, NULL, WNOHANG));
  CALL(ptrace(PTRACE_CONT, pid, 0, 0));
  CALL(ptrace(PTRACE_GETREGS, pid, 0, &regs));
  status("end", pid, 0);
  status("gone", pid, 0);
}

/* fork, exec and exit events; the child of a tracee is traced. */
static void events(void) {
  pid_t pid = fork();
  if (!pid) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    if (!fork()) _exit(3);
    int s;
    wait(&s);
    execl("/bin/true", "true", NULL);
    _exit(99);
  }
  status("events", pid, 0);
  CALL(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL));
  CALL(ptrace(PTRACE_CONT, pid, 0, 0));
  status("fork", pid, 0);
  unsigned long message = 0;
  CALL(ptrace(PTRACE_GETEVENTMSG, pid, 0, &message));
  status("grandchild", message, __WALL);
  CALL(ptrace(PTRACE_CONT, message, 0, 0));
  status("grandchild ends", message, __WALL);
  CALL(ptrace(PTRACE_CONT, pid, 0, 0));
  status("SIGCHLD", pid, 0);
  CALL(ptrace(PTRACE_CONT, pid, 0, SIGCHLD));
  status("exec", pid, 0);
  CALL(ptrace(PTRACE_DETACH, pid, 0, 0));
  status("exited", pid, 0);
}

/* PTRACE_SEIZE: interrupt, group stops, listen. */
static void seize(void) {
  pid_t pid = fork();
  if (!pid)
    for (;;) pause();
  CALL(ptrace(PTRACE_SEIZE, pid, 0, 0));
  CALL(ptrace(PTRACE_SEIZE, pid, 0, 0));
  CALL(ptrace(PTRACE_CONT, pid, 0, 0));
  CALL(ptrace(PTRACE_INTERRUPT, pid, 0, 0));
  status("interrupted", pid, 0);
  CALL(ptrace(PTRACE_CONT, pid, 0, 0));
  kill(pid, SIGSTOP);
  status("signal", pid, 0);
  CALL(ptrace(PTRACE_CONT, pid, 0, SIGSTOP));
  status("group stop", pid, 0);
  CALL(ptrace(PTRACE_LISTEN, pid, 0, 0));
  CALL(waitpid(pid, NULL, WNOHANG));
  CALL(ptrace(PTRACE_CONT, pid, 0, 0));
  kill(pid, SIGCONT);
  status("continued", pid, 0);
  CALL(ptrace(PTRACE_CONT, pid, 0, 0));
  status("SIGCONT", pid, 0);
  CALL(ptrace(PTRACE_CONT, pid, 0, SIGCONT));
  kill(pid, SIGKILL);
  status("killed", pid, 0);

  pid = fork();
  if (!pid)
    for (;;) pause();
  CALL(ptrace(PTRACE_ATTACH, pid, 0, 0));
  status("attached", pid, 0);
  CALL(ptrace(PTRACE_DETACH, pid, 0, SIGTERM));
  status("terminated", pid, 0);
  CALL(ptrace(PTRACE_ATTACH, pid, 0, 0));
  CALL(ptrace(PTRACE_ATTACH, getpid(), 0, 0));
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  calls();
  events();
  seize();
  return 0;
}
