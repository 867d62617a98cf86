// build: gcc -O1 -pthread
/* What /proc tells of a process that has ended, and of one whose first thread has ended before the others. */
#define _GNU_SOURCE
#include "check.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Lines of /proc/PID/status that are the same everywhere. */
static void status(int pid) {
  static const char *const wanted[] = {"Name:", "State:", "Tgid:", "Pid:", "FDSize:", "Threads:", "VmSize:"};
  char path[60], line[400];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *f = fopen(path, "r");
  if (!f) {
    printf("no status: %d\n", errno);
    exit(1);
  }
  while (fgets(line, sizeof line, f))
    for (int i = 0; i < 7; i++)
      if (!strncmp(line, wanted[i], strlen(wanted[i]))) {
        if (strstr(wanted[i], "id:")) printf("  %s %d\n", wanted[i], atoi(line + strlen(wanted[i])) == pid);
        else if (i == 6) printf("  a size\n");
        else printf("  %s", line);
      }
  fclose(f);
}
static void stat_of(int pid) {
  char path[60], line[400] = "";
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f || !fgets(line, sizeof line, f)) printf("no stat: %d\n", errno);
  else {
    char state;
    int threads;
    unsigned long size, resident;
    sscanf(strrchr(line, ')') + 2, "%c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %d %*d %*u %lu %lu", &state, &threads, &size, &resident);
    printf("  stat: %c, %d threads, size %d, resident %d\n", state, threads, size != 0, resident != 0);
  }
  if (f) fclose(f);
}
static void entries(int pid, const char *name) {
  char path[60];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  DIR *d = opendir(path);
  if (!d) {
    printf("  %s: errno %d\n", name, errno);
    return;
  }
  int n = 0;
  errno = 0;
  while (readdir(d)) n++;
  printf("  %s: %d entries, errno %d\n", name, n, errno);
  closedir(d);
}
static void content(int pid, const char *name) {
  char path[60], buffer[4000];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  int fd = open(path, O_RDONLY);
  if (fd < 0) {
    printf("  %s: errno %d\n", name, errno);
    return;
  }
  long n = read(fd, buffer, sizeof buffer);
  printf("  %s: %s, errno %d\n", name, n < 0 ? "bad" : n == 0 ? "empty" : "text", n < 0 ? errno : 0);
  close(fd);
}
static void link_of(int pid, const char *name) {
  char path[60], buffer[4000];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
  long n = readlink(path, buffer, sizeof buffer);
  printf("  %s: %s %d\n", name, n < 0 ? "errno" : "link", n < 0 ? errno : 0);
}
static void all(int pid) {
  status(pid), stat_of(pid);
  entries(pid, "task"), entries(pid, "fd");
  /* environ, auxv and mem are empty or can't be opened, as the kernel is older or younger. */
  content(pid, "smaps"), content(pid, "mounts"), content(pid, "mountinfo");
  content(pid, "oom_score_adj"), content(pid, "cgroup"), content(pid, "wchan"), content(pid, "uid_map"), content(pid, "net/tcp");
  entries(pid, "fdinfo"), entries(pid, "ns"), entries(pid, "net");
  content(pid, "cmdline"), content(pid, "maps"), content(pid, "comm"), content(pid, "statm"), content(pid, "limits");
  link_of(pid, "exe"), link_of(pid, "cwd"), link_of(pid, "root"), link_of(pid, "ns/uts");
}

static pthread_t first;
static int hold[2];
static void *other(void *unused) {
  (void)unused;
  char c;
  pthread_join(first, NULL);
  char path[60], target[100];
  snprintf(path, sizeof path, "/proc/self/task/%d/exe", gettid());
  printf("its first thread is gone; another's program is %s\n", readlink(path, target, 100) > 0 ? "there" : "not there");
  fflush(stdout);
  read(hold[0], &c, 1);
  return NULL;
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  pid_t child = fork();
  if (child == 0) _exit(3);
  siginfo_t info;
  CALL(waitid(P_PID, child, &info, WEXITED | WNOWAIT));
  puts("ended");
  all(child);
  CALL(kill(child, 0));
  CALL(waitpid(child, NULL, 0) == child);

  int ready[2];
  pipe(hold), pipe(ready);
  child = fork();
  if (child == 0) {
    first = pthread_self();
    pthread_t t;
    dup2(ready[1], 1);
    pthread_create(&t, NULL, other, NULL);
    pthread_exit(NULL);
  }
  char line[100];
  close(ready[1]);
  FILE *r = fdopen(ready[0], "r");
  printf("%s", fgets(line, sizeof line, r));
  /* pthread_join returns a moment before the kernel is done with it. */
  for (;;) {
    char path[60];
    snprintf(path, sizeof path, "/proc/%d/stat", child);
    FILE *f = fopen(path, "r");
    fgets(line, sizeof line, f);
    fclose(f);
    if (strrchr(line, ')')[2] == 'Z') break;
    usleep(1000);
  }
  all(child);
  CALL(kill(child, 0));
  CALL(waitpid(child, NULL, WNOHANG));
  write(hold[1], "x", 1);
  int s;
  CALL(waitpid(child, &s, 0) == child);
  NUMBER(WEXITSTATUS(s));
  return 0;
}
