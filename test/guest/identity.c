// build: gcc -O1
// Who a process is. Runs as root or not: what it prints differs, but not between Linux and blink.
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static void ids(const char *when) {
  uid_t r, e, s;
  gid_t rg, eg, sg;
  getresuid(&r, &e, &s);
  getresgid(&rg, &eg, &sg);
  printf("%s: %d %d %d, %d %d %d, fs %d %d\n", when, r, e, s, rg, eg, sg, setfsuid(-1), setfsgid(-1));
}

static void capabilities(const char *when) {
  struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct d[2];
  CALL(syscall(SYS_capget, &h, d));
  printf("%s: chown %d kill %d\n", when, d[0].effective & 1, d[0].permitted >> 5 & 1);
}

static void in_child(const char *what, void (*body)(void)) {
  printf("-- %s\n", what);
  fflush(stdout);
  if (!fork()) {
    body();
    fflush(stdout);
    _exit(0);
  }
  int status;
  wait(&status);
  if (status) printf("status %x\n", status);
}

static void drop(void) {
  ids("before");
  CALL(setgroups(0, NULL));
  CALL(getgroups(0, NULL));
  CALL(setresgid(100, 200, 300));
  CALL(setresuid(1000, 2000, 3000));
  ids("three");
  capabilities("dropped");
  CALL(setuid(3000));
  ids("saved");
  CALL(setreuid(-1, 1000));
  ids("real");
  CALL(setuid(0));
  CALL(setresuid(3000, 3000, 3000));
  CALL(setuid(1000));
  CALL(setgid(300));
  ids("end");
  CALL(kill(getppid(), 0));
  CALL(open("/etc/shadow", O_RDONLY));
}

static void effective(void) {
  CALL(seteuid(1000));
  ids("effective");
  capabilities("effective");
  CALL(seteuid(0));
  capabilities("back");
  CALL(setreuid(5, 6));
  ids("setreuid");
  CALL(setfsuid(5));
  ids("fsuid");
}

static void keep(void) {
  CALL(prctl(PR_SET_KEEPCAPS, 1));
  CALL(setuid(1000));
  capabilities("kept");
  CALL(prctl(PR_GET_KEEPCAPS));
}

static void groups(void) {
  gid_t list[3] = {7, 8, 9}, got[3] = {0};
  CALL(setgroups(3, list));
  CALL(getgroups(2, got));
  CALL(getgroups(3, got));
  printf("%d %d %d\n", got[0], got[1], got[2]);
}

static void sessions(void) {
  CALL(setpgid(0, 0));
  TRUTH(getpgrp() == getpid());
  CALL(setsid());
  if (!fork()) {
    pid_t me = setsid();
    TRUTH(me == getpid() && getsid(0) == me && getpgid(0) == me);
    CALL(setpgid(0, 0));
    fflush(stdout);
    _exit(0);
  }
  wait(NULL);
  CALL(getsid(999999));
  CALL(getpgid(-1));
  CALL(setpgid(999999, 0));
  CALL(setpgid(0, -1));
  pid_t child = fork();
  if (!child) {
    pause();
    _exit(0);
  }
  CALL(setpgid(child, child));
  TRUTH(getpgid(child) == child);
  CALL(setpgid(child, 999999));
  kill(child, SIGKILL);
  waitpid(child, NULL, 0);
}

static void limits(void) {
  struct rlimit l, old;
  CALL(getrlimit(RLIMIT_STACK, &l));
  l.rlim_cur = 1 << 20;
  CALL(setrlimit(RLIMIT_STACK, &l));
  CALL(prlimit(0, RLIMIT_STACK, NULL, &old));
  NUMBER(old.rlim_cur);
  l.rlim_cur = 100;
  l.rlim_max = 50;
  CALL(setrlimit(RLIMIT_NOFILE, &l));
  l.rlim_cur = l.rlim_max = 20;
  CALL(setrlimit(RLIMIT_NOFILE, &l));
  CALL(fcntl(0, F_DUPFD, 19) >= 0);
  CALL(fcntl(0, F_DUPFD, 20));
  CALL(getrlimit(99, &l));
  l.rlim_cur = l.rlim_max = 200 << 20;
  CALL(setrlimit(RLIMIT_AS, &l));
  TRUTH(malloc(300 << 20) == NULL);
}

static void controls(void) {
  char name[17] = "";
  CALL(prctl(PR_SET_NAME, "a name that is too long"));
  CALL(prctl(PR_GET_NAME, name));
  TEXT(name);
  CALL(prctl(PR_SET_PDEATHSIG, 9));
  int n;
  CALL(prctl(PR_GET_PDEATHSIG, &n));
  NUMBER(n);
  CALL(prctl(PR_GET_DUMPABLE));
  CALL(prctl(PR_SET_DUMPABLE, 5));
  CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  CALL(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
  CALL(prctl(PR_SET_CHILD_SUBREAPER, 1));
  CALL(prctl(PR_GET_CHILD_SUBREAPER, &n));
  NUMBER(n);
  if (!fork()) {
    if (!fork()) {
      usleep(20000);
      _exit(5);
    }
    _exit(4);
  }
  int a, b;
  wait(&a);
  wait(&b);
  NUMBER(WEXITSTATUS(a) + 10 * WEXITSTATUS(b));
  CALL(wait(&a));
  CALL(getpriority(PRIO_PROCESS, 0));
  CALL(setpriority(PRIO_PROCESS, 0, 5));
  CALL(nice(3));
  CALL(getpriority(PRIO_PROCESS, 0));
  CALL(getpriority(PRIO_PROCESS, 999999));
  CALL(getpriority(9, 0));
  struct sched_param p = {0};
  CALL(sched_getscheduler(0));
  CALL(sched_get_priority_max(SCHED_FIFO));
  CALL(sched_get_priority_min(SCHED_OTHER));
  CALL(sched_setscheduler(0, SCHED_BATCH, &p));
  CALL(sched_getscheduler(0));
  p.sched_priority = 5;
  CALL(sched_setscheduler(0, SCHED_OTHER, &p));
  cpu_set_t set;
  TRUTH(sched_getaffinity(0, sizeof set, &set) >= 0 && CPU_COUNT(&set) > 0);
  CALL(sched_setaffinity(0, 0, &set));
  struct utsname u;
  CALL(uname(&u));
  TEXT(u.sysname);
  TEXT(u.machine);
  CALL(umask(077));
  CALL(umask(022));
  TRUTH(gettid() == getpid());
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  in_child("drop", drop);
  in_child("effective", effective);
  in_child("keep", keep);
  in_child("groups", groups);
  in_child("sessions", sessions);
  in_child("limits", limits);
  in_child("controls", controls);
  return 0;
}
