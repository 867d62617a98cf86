// build: gcc -O1
/* Set-user-ID and set-group-ID programs: execve(2). Says nothing unless root runs it. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void show(void) {
  uid_t r, e, s;
  gid_t rg, eg, sg;
  getresuid(&r, &e, &s), getresgid(&rg, &eg, &sg);
  printf("uid %d %d %d gid %d %d %d secure %lu dumpable %d\n", r, e, s, rg, eg, sg, getauxval(AT_SECURE), prctl(PR_GET_DUMPABLE));
  char line[100];
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (!strncmp(line, "CapPrm", 6)) printf("privileged: %d\n", strtoull(line + 7, NULL, 16) != 0);
  exit(0);
}

static void copy(const char *from, const char *to) {
  static char buffer[1 << 20];
  int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY | O_TRUNC, 0755);
  ssize_t n;
  while ((n = read(in, buffer, sizeof buffer)) > 0) write(out, buffer, n);
  close(in), close(out);
}

static void run(const char *what, uid_t owner, gid_t group, mode_t mode, uid_t as, int no_new_privs) {
  printf("%s: ", what);
  chown("program", owner, group), chmod("program", mode);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    if (no_new_privs) prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (as != 0 && (setgid(as) != 0 || setuid(as) != 0)) _exit(2);
    execl("./program", "program", "show", NULL);
    printf("errno %d\n", errno);
    _exit(1);
  }
  int status;
  waitpid(child, &status, 0);
  if (status) printf("status %x\n", status);
}

int main(int argc, char **argv) {
  if (argc > 1) show();
  if (geteuid() != 0) return 0;
  chmod(".", 0755);
  copy("/proc/self/exe", "program");
  run("plain, as root", 0, 0, 0755, 0, 0);
  run("plain, as a user", 0, 0, 0755, 1000, 0);
  run("root's, as a user", 0, 0, 04755, 1000, 0);
  run("a user's, as root", 1234, 0, 04755, 0, 0);
  run("a user's, as another", 1234, 0, 04755, 1000, 0);
  run("a group's", 0, 1234, 02755, 1000, 0);
  run("a group's that may not run it", 0, 1234, 02745, 1000, 0);
  run("both", 1234, 1235, 06755, 1000, 0);
  run("no new privileges", 0, 0, 04755, 1000, 1);
  run("not for others", 0, 0, 04750, 1000, 0);
  return 0;
}
