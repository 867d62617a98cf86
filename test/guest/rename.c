// build: gcc -O1
// tree
/* renameat2(2): exchange, and not over what is there. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void file(const char *path, const char *text) {
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  write(fd, text, strlen(text));
  close(fd);
}
static void show(const char *path) {
  char text[20] = "";
  int fd = open(path, O_RDONLY);
  int n = read(fd, text, sizeof text - 1);
  printf("%s: %s %d\n", path, text, n < 0 ? -errno : n);
  close(fd);
}
static int exchange(const char *a, const char *b) { return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE); }

int main(void) {
  mkdir("d", 0700), mkdir("d/e", 0700), mkdir("other", 0700);
  file("a", "first"), file("b", "second"), file("d/f", "in d"), file("other/g", "in other");
  int held = open("a", O_RDWR);
  struct stat before, after;
  fstat(held, &before);
  CALL(exchange("a", "b"));
  show("a"), show("b");
  stat("b", &after);
  TRUTH(before.st_ino == after.st_ino);
  CALL(write(held, "FIRST", 5));
  show("b");
  CALL(exchange("a", "d/f"));
  show("a"), show("d/f");
  CALL(exchange("d", "other"));
  show("d/g"), show("other/f");
  CALL(exchange("a", "d"));
  show("a/g"), show("d");
  CALL(exchange("a", "a/g"));
  CALL(exchange("a", "none"));
  CALL(exchange("none", "a"));
  CALL(exchange("b", "b"));
  CALL(renameat2(AT_FDCWD, "b", AT_FDCWD, "other", RENAME_NOREPLACE));
  CALL(renameat2(AT_FDCWD, "b", AT_FDCWD, "c", RENAME_NOREPLACE));
  CALL(renameat2(AT_FDCWD, "c", AT_FDCWD, "d", RENAME_NOREPLACE | RENAME_EXCHANGE));
  CALL(renameat2(AT_FDCWD, "c", AT_FDCWD, "d", 64));
  chdir("other");
  CALL(exchange("../a", "../other"));
  char cwd[200];
  TEXT(strrchr(getcwd(cwd, sizeof cwd), '/'));
  show("f");
  return 0;
}
