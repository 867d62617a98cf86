// build: gcc -O1
// build: gcc -O1 -static
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void tell(const char *what, int status) {
  if (WIFEXITED(status)) printf("%s: exited %d\n", what, WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("%s: signal %d\n", what, WTERMSIG(status));
  else if (WIFSTOPPED(status)) printf("%s: stopped %d\n", what, WSTOPSIG(status));
  else if (WIFCONTINUED(status)) printf("%s: continued\n", what);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 1) {
    printf("again:");
    for (int i = 1; i < argc; i++) printf(" [%s]", argv[i]);
    printf(" X=%s fd9=%d pending-ignored=%d\n", getenv("X"), fcntl(9, F_GETFD) >= 0, signal(SIGUSR1, SIG_DFL) == SIG_IGN);
    return 7;
  }
  int status;
  pid_t me = getpid();

  pid_t child = fork();
  if (!child) {
    TRUTH(getppid() == me);
    TRUTH(getpid() != me);
    _exit(3);
  }
  TRUTH(waitpid(child, &status, 0) == child);
  tell("child", status);
  CALL(wait(&status));
  CALL(waitpid(child, &status, 0));

  // 200 children at once.
  pid_t children[200];
  for (int i = 0; i < 200; i++)
    if (!(children[i] = fork())) _exit(i);
  int sum = 0, mismatches = 0;
  for (int i = 0; i < 200; i++) {
    pid_t pid = wait(&status);
    int j = 0;
    while (j < 200 && children[j] != pid) j++;
    if (j == 200 || WEXITSTATUS(status) != j) mismatches++;
    sum += WEXITSTATUS(status);
  }
  NUMBER(sum);
  NUMBER(mismatches);

  // Private memory is the child's own, shared memory is not, and so are file positions.
  static int counter = 1;
  int *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  *shared = 1;
  int fd = open("f", O_CREAT | O_RDWR, 0600);
  write(fd, "0123456789", 10);
  lseek(fd, 0, SEEK_SET);
  if (!fork()) {
    char buf[4];
    counter = 100;
    *shared = 100;
    read(fd, buf, 4);
    _exit(0);
  }
  wait(NULL);
  NUMBER(counter);
  NUMBER(*shared);
  CALL(lseek(fd, 0, SEEK_CUR));

  int deaths[] = {SIGTERM, SIGKILL, SIGABRT, SIGUSR1, SIGHUP, SIGALRM, SIGRTMIN};
  for (unsigned i = 0; i < sizeof deaths / sizeof *deaths; i++) {
    struct rlimit none = {0, 0};
    if (!fork()) {
      setrlimit(RLIMIT_CORE, &none);
      raise(deaths[i]);
      _exit(99);
    }
    wait(&status);
    tell("killed", status);
  }

  // The second stop waits: it would take the news of the going on away.
  int told[2];
  CALL(pipe(told));
  child = fork();
  if (!child) {
    char byte;
    raise(SIGSTOP);
    read(told[0], &byte, 1);
    raise(SIGSTOP);
    _exit(11);
  }
  TRUTH(waitpid(child, &status, WUNTRACED) == child);
  tell("stopper", status);
  CALL(waitpid(child, &status, WNOHANG));
  kill(child, SIGCONT);
  TRUTH(waitpid(child, &status, WCONTINUED) == child);
  tell("stopper", status);
  CALL(write(told[1], "", 1));
  close(told[0]);
  close(told[1]);
  siginfo_t info = {0};
  CALL(waitid(P_PID, child, &info, WSTOPPED | WNOWAIT));
  TRUTH(info.si_pid == child);
  NUMBER(info.si_code);
  NUMBER(info.si_status);
  kill(child, SIGKILL);
  CALL(waitid(P_PID, child, &info, WEXITED));
  NUMBER(info.si_code);
  NUMBER(info.si_status);
  CALL(waitid(P_ALL, 0, &info, WEXITED));

  // The exit of a child is told by SIGCHLD; ignoring that signal means no zombies.
  signal(SIGCHLD, SIG_IGN);
  if (!fork()) _exit(0);
  CALL(wait(&status));
  signal(SIGCHLD, SIG_DFL);

  child = vfork();
  if (!child) {
    counter = 55;
    _exit(4);
  }
  NUMBER(counter);
  waitpid(child, &status, 0);
  tell("vforked", status);

  char *again[] = {argv[0], "a", "", "c d", NULL};
  char *env[] = {"X=yes", "PATH=/usr/bin:/bin", NULL};
  signal(SIGUSR1, SIG_IGN);
  dup2(1, 9);
  if (!fork()) {
    execve("/proc/self/exe", again, env);
    _exit(98);
  }
  wait(&status);
  tell("exec", status);
  fcntl(9, F_SETFD, FD_CLOEXEC);
  signal(SIGUSR1, SIG_DFL);
  int spawned = posix_spawn(&child, argv[0], NULL, NULL, again, env);
  waitpid(child, &status, 0);
  NUMBER(spawned);
  tell("spawn", status);
  CALL(posix_spawn(&child, "/nowhere", NULL, NULL, again, env));
  if (!vfork()) {
    execve(argv[0], again, env);
    _exit(98);
  }
  wait(&status);
  tell("vfork exec", status);
  CALL(execve("/nowhere", again, env));
  CALL(execve(".", again, env));
  CALL(execve("f", again, env));
  chmod("f", 0700);
  CALL(execve("f", again, env));
  CALL(execve((char *)8, again, env));
  CALL(execve(argv[0], (char **)8, env));
  CALL(system("exit 12"));
  CALL(system("echo from the shell; kill -9 $$"));
  FILE *p = popen("tr a-z A-Z", "w");
  fputs("through popen\n", p);
  CALL(pclose(p));

  // An orphan's new parent is process 1 (or a subreaper), never the dead one.
  int pipes[2];
  pipe(pipes);
  if (!fork()) {
    pid_t parent = getpid();
    if (!fork()) {
      while (getppid() == parent) sched_yield();
      write(pipes[1], "orphaned\n", 9);
      _exit(0);
    }
    _exit(0);
  }
  wait(NULL);
  char line[20] = "";
  read(pipes[0], line, 19);
  TEXT(line);
  return 0;
}
