// build: gcc -O1
/* Extended attributes of files in memory: xattr(7). */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static char dir[60], file[80], link_[80], fifo[80], value[70000];

static void show(const char *path) {
  char names[300];
  ssize_t n = listxattr(path, names, sizeof names);
  printf("%zd bytes of names\n", n);
  // tmpfs lists the newest first or last, as kernels differ: sorted here.
  const char *sorted[10];
  int count = 0;
  for (char *p = names; p < names + n; p += strlen(p) + 1) sorted[count++] = p;
  for (int i = 0; i < count; i++)
    for (int j = i + 1; j < count; j++)
      if (strcmp(sorted[i], sorted[j]) > 0) { const char *t = sorted[i]; sorted[i] = sorted[j], sorted[j] = t; }
  for (int i = 0; i < count; i++) {
    memset(value, 0, 40);
    ssize_t length = getxattr(path, sorted[i], value, 40);
    printf("%s = %zd \"%s\"\n", sorted[i], length, value);
  }
}

int main(void) {
  snprintf(dir, sizeof dir, "/dev/shm/xattr-%d", getpid());
  mkdir(dir, 0755);
  snprintf(file, sizeof file, "%s/f", dir), snprintf(link_, sizeof link_, "%s/l", dir), snprintf(fifo, sizeof fifo, "%s/p", dir);
  int fd = open(file, O_CREAT | O_RDWR, 0644);
  symlink(file, link_), mkfifo(fifo, 0600);

  show(file);
  CALL(setxattr(file, "user.one", "1", 1, 0));
  CALL(setxattr(link_, "user.two", "twice", 5, XATTR_CREATE));
  CALL(fsetxattr(fd, "user.empty", "", 0, 0));
  CALL(setxattr(dir, "user.dir", "d", 1, 0));
  show(file), show(dir);
  CALL(setxattr(file, "user.one", "x", 1, XATTR_CREATE));
  CALL(setxattr(file, "user.three", "x", 1, XATTR_REPLACE));
  CALL(setxattr(file, "user.one", "longer", 6, XATTR_REPLACE));
  CALL(setxattr(file, "user.one", "x", 1, 4));
  CALL(getxattr(file, "user.one", value, 0));
  CALL(getxattr(file, "user.one", value, 3));
  CALL(fgetxattr(fd, "user.one", value, 6));
  CALL(getxattr(file, "user.none", value, 6));
  CALL(lgetxattr(link_, "user.one", value, 6));
  CALL(listxattr(file, value, 0));
  CALL(listxattr(file, value, 5));
  CALL(llistxattr(link_, value, 100));
  CALL(lsetxattr(link_, "user.x", "x", 1, 0));
  CALL(setxattr(fifo, "user.x", "x", 1, 0));
  CALL(getxattr(fifo, "user.x", value, 1));
  CALL(setxattr(file, "nothing.x", "x", 1, 0));
  CALL(setxattr(file, "user.", "x", 1, 0));
  CALL(setxattr(file, "", "x", 1, 0));
  CALL(setxattr(file, "user.big", value, sizeof value, 0));
  memset(value, 'n', 300), memcpy(value, "user.", 5), value[300] = 0;
  CALL(setxattr(file, value, "x", 1, 0));
  CALL(setxattr("/dev/shm/nothing", "user.x", "x", 1, 0));
  CALL(fsetxattr(-1, "user.x", "x", 1, 0));
  CALL(fgetxattr(open(file, O_PATH), "user.one", value, 6));
  CALL(removexattr(file, "user.two"));
  CALL(removexattr(file, "user.two"));
  CALL(fremovexattr(fd, "user.empty"));
  show(file);
  if (geteuid() == 0) {
    puts("as others");
    CALL(chmod(file, 0600));
    if (seteuid(1000) != 0) return 1;
    CALL(setxattr(file, "user.one", "x", 1, 0));
    CALL(getxattr(file, "user.one", value, 6));
    CALL(setxattr(file, "trusted.t", "t", 1, 0));
    CALL(getxattr(file, "trusted.t", value, 6));
    CALL(setxattr(file, "security.s", "s", 1, 0));
    seteuid(0);
  }
  unlink(file), unlink(link_), unlink(fifo), rmdir(dir);
  return 0;
}
