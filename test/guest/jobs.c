// build: gcc -O1
// Stopping, continuing, orphans, waitid, threads that end, execve from a thread.
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int ready[2], done[2];
static void tell(int *p) { write(p[1], "x", 1); }
static void await(int *p) {
  char c;
  read(p[0], &c, 1);
}
static void show(const char *what, int status) {
  printf("%s: ", what);
  if (WIFEXITED(status)) printf("exit %d\n", WEXITSTATUS(status));
  else if (WIFSIGNALED(status)) printf("signal %d\n", WTERMSIG(status));
  else if (WIFSTOPPED(status)) printf("stopped %d\n", WSTOPSIG(status));
  else printf("continued %d\n", WIFCONTINUED(status));
}

static volatile sig_atomic_t got;
static void note(int signo) { got = signo; }
static void child_note(int signo, siginfo_t *i, void *c) {
  printf("SIGCHLD code %d status %d\n", i->si_code, i->si_status);
}

static void stops(void) {
  struct sigaction a = {.sa_sigaction = child_note, .sa_flags = SA_SIGINFO | SA_RESTART};
  sigaction(SIGCHLD, &a, NULL);
  pid_t p = fork();
  if (!p) {
    signal(SIGCONT, note);
    tell(ready);
    while (!got) pause();
    raise(SIGTSTP);
    _exit(3);
  }
  await(ready);
  int status;
  kill(p, SIGSTOP);
  TRUTH(waitpid(p, &status, WUNTRACED) == p);
  show("stop", status);
  CALL(waitpid(p, &status, WUNTRACED | WNOHANG));
  kill(p, SIGTERM);
  usleep(20000);
  CALL(waitpid(p, &status, WUNTRACED | WNOHANG));
  signal(SIGCHLD, SIG_DFL);
  kill(p, SIGCONT);
  TRUTH(waitpid(p, &status, WCONTINUED) == p);
  if (WIFCONTINUED(status)) waitpid(p, &status, 0);
  show("end", status);
}

// The whole process stops, with all its threads; a blocked read goes on afterwards.
static void *spin(void *arg) {
  volatile long *n = arg;
  for (;;) ++*n;
}
static void stopped_threads(void) {
  long *n = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t p = fork();
  if (!p) {
    pthread_t t;
    pthread_create(&t, NULL, spin, n);
    char c;
    tell(ready);
    NUMBER(read(done[0], &c, 1));
    fflush(stdout);
    _exit(6);
  }
  await(ready);
  while (!*(volatile long *)n) usleep(1000);
  int status;
  kill(p, SIGSTOP);
  waitpid(p, &status, WUNTRACED);
  long before = *(volatile long *)n;
  usleep(30000);
  TRUTH(before == *(volatile long *)n);
  kill(p, SIGCONT);
  waitpid(p, &status, WCONTINUED);
  while (before == *(volatile long *)n) usleep(1000);
  tell(done);
  waitpid(p, &status, 0);
  show("threads", status);
}

static void waits(void) {
  siginfo_t i;
  pid_t a = fork();
  if (!a) _exit(1);
  CALL(waitid(P_PID, a, &i, WEXITED | WNOWAIT));
  NUMBER(i.si_status);
  CALL(waitid(P_PID, a, &i, WEXITED | WNOWAIT | WNOHANG));
  CALL(waitid(P_PGID, getpgrp(), &i, WEXITED));
  TRUTH(i.si_pid == a && i.si_signo == SIGCHLD && i.si_uid == getuid());
  CALL(waitid(P_ALL, 0, &i, WEXITED));
  CALL(waitid(P_ALL, 0, &i, 0));
  CALL(waitid(77, 0, &i, WEXITED));
  CALL(waitpid(-getpgrp(), NULL, 0));
  CALL(waitpid(0, NULL, 0xff00));
  a = fork();
  if (!a) {
    pause();
    _exit(0);
  }
  i.si_pid = 5;
  CALL(waitid(P_ALL, 0, &i, WEXITED | WNOHANG));
  NUMBER(i.si_pid);
  int fd = syscall(SYS_pidfd_open, a, 0);
  TRUTH(fd >= 0);
  CALL(syscall(SYS_pidfd_send_signal, fd, SIGINT, NULL, 0));
  CALL(waitid(P_PIDFD, fd, &i, WEXITED));
  NUMBER(i.si_code);
  CALL(syscall(SYS_pidfd_send_signal, fd, SIGINT, NULL, 0));
  // Another exit signal than SIGCHLD needs __WCLONE or __WALL.
  signal(SIGUSR1, note);
  a = syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0);
  if (!a) _exit(2);
  CALL(waitpid(a, NULL, 0));
  int status;
  TRUTH(waitpid(a, &status, __WALL) == a);
  show("clone", status);
  NUMBER(got);
}

static void *outlive(void *leader) {
  pthread_join(*(pthread_t *)leader, NULL);
  return NULL;
}
static void *execs(void *arg) {
  char *argv[] = {"sh", "-c", "echo from a thread $1; exit 9", "sh", "ok", NULL};
  execv("/bin/sh", argv);
  return NULL;
}
static void *group(void *arg) {
  usleep(10000);
  syscall(SYS_exit_group, 8);
  return NULL;
}
static void threads(void) {
  int status;
  pthread_t t, leader = pthread_self();
  // The leader ends first: the process lives on, and its status is that of the last thread (since Linux 5.17).
  if (!fork()) {
    pthread_create(&t, NULL, outlive, &leader);
    syscall(SYS_exit, 12);
  }
  wait(&status);
  show("leader", status);
  if (!fork()) {
    pthread_create(&t, NULL, execs, NULL);
    for (;;) pause();
  }
  wait(&status);
  show("exec", status);
  if (!fork()) {
    pthread_create(&t, NULL, group, NULL);
    for (;;) pause();
  }
  wait(&status);
  show("group", status);
  if (!fork()) {
    pthread_create(&t, NULL, outlive, &leader);
    pthread_exit(NULL);
  }
  wait(&status);
  show("last", status);
}

// A group that loses its last tie to the session is told so if it has stopped members.
static void orphans(void) {
  if (!fork()) {
    pid_t p = fork();
    if (!p) {
      setpgid(0, 0);
      signal(SIGHUP, note);
      tell(ready);
      raise(SIGSTOP);
      usleep(10000);
      printf("orphan got %d, parent changed %d\n", got, getppid() != 0);
      raise(SIGTSTP);
      printf("not stopped\n");
      fflush(stdout);
      tell(done);
      _exit(0);
    }
    await(ready);
    waitpid(p, NULL, WUNTRACED);
    _exit(0);
  }
  wait(NULL);
  await(done);
}

static int cloned(void *arg) {
  *(int *)arg = 41;
  return 5;
}
static void clones(void) {
  int value = 1, tid = 0;
  char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pid_t p = clone(cloned, stack + 65536, CLONE_VM | CLONE_VFORK | SIGCHLD, &value);
  NUMBER(value);
  int status;
  TRUTH(waitpid(p, &status, 0) == p);
  show("vm", status);
  p = clone(cloned, stack + 65536, CLONE_PARENT_SETTID | SIGCHLD, &value, &tid);
  TRUTH(p == tid);
  value = 2;
  waitpid(p, &status, 0);
  NUMBER(value);
  CALL(clone(cloned, stack + 65536, CLONE_SIGHAND, &value));
  CALL(clone(cloned, stack + 65536, CLONE_THREAD | CLONE_VM, &value));
  int fds[2];
  pipe(fds);
  p = clone(cloned, stack + 65536, CLONE_FILES | SIGCHLD, &value);
  waitpid(p, &status, 0);
  if (!(p = vfork())) {
    value = 77;
    _exit(1);
  }
  NUMBER(value);
  waitpid(p, &status, 0);
  show("vfork", status);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  pipe(ready);
  pipe(done);
  stops();
  stopped_threads();
  waits();
  threads();
  orphans();
  clones();
  return 0;
}
