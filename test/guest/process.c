// build: gcc -O1
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static void file(const char *path) {
  char text[5000];
  int fd = open(path, O_RDONLY);
  long n = fd < 0 ? -errno : read(fd, text, sizeof text - 1);
  if (n < 0) {
    printf("%s: %ld\n", path, n);
    return;
  }
  text[n] = 0;
  printf("%s: %ld bytes, %s\n", path, n, n < 60 ? text : "long");
  close(fd);
}

static void limit(int which) {
  struct rlimit l;
  getrlimit(which, &l);
  printf("limit %d: %lld %lld\n", which, (long long)l.rlim_cur, (long long)l.rlim_max);
}

static int lock(int fd, int command, int type, long start, long length) {
  struct flock f = {type, SEEK_SET, start, length, 0};
  int r = fcntl(fd, command, &f);
  if (command == F_GETLK && !r) printf("lock: type %d start %ld length %ld\n", f.l_type, (long)f.l_start, (long)f.l_len);
  return r;
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  struct utsname u;
  CALL(uname(&u));
  TEXT(u.sysname);
  TEXT(u.machine);
  TRUTH(atoi(u.release) >= 4);
  NUMBER(getuid());
  NUMBER(geteuid());
  NUMBER(getgid());
  NUMBER(getegid());
  uid_t r, e, s;
  CALL(getresuid(&r, &e, &s));
  TRUTH(r == getuid() && e == r && s == r);
  TRUTH(getgroups(0, NULL) >= 0);
  TRUTH(getpid() > 0 && getppid() > 0 && getpgrp() > 0 && getsid(0) > 0);
  struct passwd *p = getpwuid(getuid());
  TEXT(p ? p->pw_name : "?");

  struct rlimit l;
  CALL(getrlimit(RLIMIT_NOFILE, &l));
  l.rlim_cur = 20;
  CALL(setrlimit(RLIMIT_NOFILE, &l));
  limit(RLIMIT_NOFILE == 7 ? RLIMIT_CORE : 0);
  int n = 0;
  while (open("/dev/null", O_RDONLY) >= 0) n++;
  NUMBER(n);
  NUMBER(errno);
  CALL(dup2(0, 30));
  for (int i = 3; i < 20; i++) close(i);
  l.rlim_cur = 1024;
  CALL(setrlimit(RLIMIT_NOFILE, &l));
  l.rlim_cur = l.rlim_max + 1;
  CALL(getrlimit(99, &l));
  struct rlimit small = {1000, 1000};
  if (!fork()) {
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    int fd = open("limited", O_CREAT | O_WRONLY, 0600);
    char block[600] = {0};
    CALL(write(fd, block, 600));
    CALL(write(fd, block, 600));
    CALL(write(fd, block, 600));
    _exit(0);
  }
  wait(NULL);

  char name[17] = "";
  CALL(prctl(PR_GET_NAME, name));
  TEXT(name);
  CALL(prctl(PR_SET_NAME, "a-rather-long-name-for-it"));
  CALL(prctl(PR_GET_NAME, name));
  TEXT(name);
  CALL(prctl(PR_SET_PDEATHSIG, 0));
  CALL(prctl(PR_GET_DUMPABLE));
  CALL(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
  CALL(prctl(9999));
  CALL(getpriority(PRIO_PROCESS, 0));
  CALL(nice(3));
  CALL(getpriority(PRIO_PROCESS, 0));
  cpu_set_t set;
  CALL(sched_getaffinity(0, sizeof set, &set) >= 0);
  TRUTH(CPU_COUNT(&set) >= 1);
  TRUTH(sysconf(_SC_NPROCESSORS_ONLN) >= 1);
  CALL(sched_yield());
  CALL(sched_getscheduler(0));
  TRUTH(sched_getcpu() >= 0);
  struct sysinfo info;
  CALL(sysinfo(&info));
  TRUTH(info.totalram > 0 && info.procs > 0 && info.mem_unit > 0);
  unsigned char random[32] = {0};
  CALL(getrandom(random, 32, 0));
  int nonzero = 0;
  for (int i = 0; i < 32; i++) nonzero += random[i] != 0;
  TRUTH(nonzero > 20);
  CALL(getrandom((void *)8, 32, 0));
  CALL(umask(027));
  CALL(umask(022));

  pid_t child = fork();
  if (!child) {
    CALL(setpgid(0, 0));
    TRUTH(getpgrp() == getpid());
    CALL(setsid());
    TRUTH(getsid(0) == getppid() || 1);
    if (!fork()) {
      WORKS(setsid());
      TRUTH(getsid(0) == getpid());
      _exit(0);
    }
    wait(NULL);
    _exit(0);
  }
  wait(NULL);
  CALL(setpgid(99999999, 0));
  CALL(getpgid(99999999));
  CALL(tcgetpgrp(0));
  struct termios t;
  CALL(tcgetattr(1, &t));
  struct winsize w;
  CALL(ioctl(1, TIOCGWINSZ, &w));
  CALL(isatty(0));
  CALL(open("/dev/tty", O_RDWR));
  CALL(ioctl(99, TIOCGWINSZ, &w));

  // Record locks belong to the process, flock to the open file.
  int fd = open("locked", O_CREAT | O_RDWR, 0600);
  CALL(lock(fd, F_SETLK, F_WRLCK, 10, 10));
  CALL(lock(fd, F_GETLK, F_WRLCK, 0, 100));
  int sync[2];
  pipe(sync);
  if (!fork()) {
    CALL(lock(fd, F_GETLK, F_RDLCK, 0, 100));
    CALL(lock(fd, F_SETLK, F_RDLCK, 15, 1));
    CALL(lock(fd, F_SETLK, F_RDLCK, 20, 1));
    write(sync[1], "x", 1);
    CALL(lock(fd, F_SETLKW, F_RDLCK, 12, 1));
    _exit(0);
  }
  read(sync[0], name, 1);
  usleep(30000);
  int unlocked = lock(fd, F_SETLK, F_UNLCK, 0, 0);
  wait(NULL);
  NUMBER(unlocked);

  // Devices and /proc.
  char block[100];
  fd = open("/dev/zero", O_RDWR);
  memset(block, 1, 100);
  CALL(read(fd, block, 100));
  NUMBER(block[0] + block[99]);
  CALL(write(fd, block, 100));
  fd = open("/dev/full", O_RDWR);
  CALL(write(fd, block, 100));
  fd = open("/dev/null", O_RDWR);
  CALL(read(fd, block, 100));
  CALL(write(fd, block, 100));
  fd = open("/dev/urandom", O_RDONLY);
  CALL(read(fd, block, 100));
  struct stat st;
  CALL(stat("/dev/null", &st));
  TRUTH(S_ISCHR(st.st_mode));
  printf("%x\n", (int)st.st_rdev);
  char link[300] = "";
  TRUTH(readlink("/proc/self/exe", link, 299) > 0);
  TEXT(strrchr(link, '/'));
  long length = readlink("/proc/self/fd/0", link, 299);
  TRUTH(length > 0);
  CALL(readlink("/proc/self/fd/77", link, 299));
  file("/proc/self/comm");
  file("/proc/self/cgroup-none");
  file("/proc/sys/kernel/ostype");
  file("/proc/self/environ");
  fd = open("/proc/self/cmdline", O_RDONLY);
  memset(link, 0, sizeof link);
  read(fd, link, 299);
  TEXT(strrchr(link, '/'));
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[400];
  int stack = 0, code = 0;
  while (maps && fgets(line, sizeof line, maps)) {
    stack += strstr(line, "[stack]") != NULL;
    code += strstr(line, "r-xp") && strstr(line, "/process");
  }
  TRUTH(stack == 1 && code == 1);
  FILE *status = fopen("/proc/self/status", "r");
  while (status && fgets(line, sizeof line, status))
    if (!strncmp(line, "Name:", 5) || !strncmp(line, "State:", 6) || !strncmp(line, "Threads:", 8)) fputs(line, stdout);
  FILE *stat = fopen("/proc/self/stat", "r");
  TRUTH(stat && fgets(line, sizeof line, stat) && atoi(line) == getpid());
  TRUTH(access("/proc/cpuinfo", R_OK) == 0 && access("/proc/meminfo", R_OK) == 0);
  struct statfs f;
  CALL(statfs("/proc", &f));
  printf("%lx\n", (long)f.f_type);
  CALL(chdir("/proc/self"));
  char cwd[100];
  TRUTH(getcwd(cwd, 100) && atoi(cwd + 6) == getpid());
  CALL(execve("/proc/self/fd/99", argv, NULL));
  return 0;
}
