// build: gcc -O1 -static
// Executes each file that is named, in a child, and says what became of it.
#define _GNU_SOURCE
#include "../guest/check.h"
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void attempt(const char *path, char **argv) {
  int report[2], status, error = 0;
  pipe2(report, O_CLOEXEC);
  pid_t child = fork();
  if (!child) {
    struct rlimit core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    close(0);
    close(1);
    close(2);
    open("/dev/null", O_RDWR);
    dup(0);
    dup(0);
    alarm(10);
    execv(path, argv);
    error = errno;
    write(report[1], &error, sizeof error);
    _exit(0);
  }
  close(report[1]);
  read(report[0], &error, sizeof error);
  close(report[0]);
  waitpid(child, &status, 0);
  const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  if (error) printf("%s: errno %d\n", name, error);
  else if (WIFSIGNALED(status)) printf("%s: signal %d\n", name, WTERMSIG(status));
  else printf("%s: exit %d\n", name, WEXITSTATUS(status));
}

/* Arguments of this many bytes altogether, in strings of this length. */
static void long_arguments(long total, long each) {
  long n = total / each;
  char **argv = calloc(n + 2, sizeof *argv);
  argv[0] = "true";
  for (long i = 1; i <= n; i++) {
    argv[i] = malloc(each);
    memset(argv[i], 'x', each - 1);
    argv[i][each - 1] = 0;
  }
  printf("%ld bytes in strings of %ld: ", total, each);
  attempt("/bin/true", argv);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 1; i < argc; i++) attempt(argv[i], (char *[]){argv[i], NULL});
  if (argc == 1) {
    long_arguments(1 << 20, 1000);
    long_arguments(130000, 130000);
    long_arguments(140000, 140000);
    long_arguments(3 << 20, 1000);
    long_arguments(3 << 20, 100000);
  }
  return 0;
}
