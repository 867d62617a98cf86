// build: gcc -O1
// build: musl-gcc -O1 -static
// tree
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void show(const char *path) {
  struct stat s;
  if (lstat(path, &s)) {
    printf("%s: errno %d\n", path, errno);
    return;
  }
  printf("%s: mode %o links %d size %ld blocks>0 %d\n", path, s.st_mode, (int)s.st_nlink, (long)s.st_size, s.st_blocks > 0);
}

static void contents(const char *path) {
  char buf[200] = "";
  int fd = open(path, O_RDONLY);
  long n = read(fd, buf, sizeof buf - 1);
  for (long i = 0; i < n; i++)
    if (!buf[i]) buf[i] = '0';
  printf("%s (%ld): %s\n", path, n, buf);
  close(fd);
}

int main(void) {
  char buf[100];
  umask(022);
  int fd = open("a", O_RDWR | O_CREAT | O_EXCL, 0666);
  NUMBER(fd);
  CALL(open("a", O_RDWR | O_CREAT | O_EXCL, 0666));
  CALL(write(fd, "hello, world\n", 13));
  CALL(lseek(fd, 7, SEEK_SET));
  CALL(read(fd, buf, 5));
  CALL(lseek(fd, 0, SEEK_CUR));
  CALL(lseek(fd, -3, SEEK_END));
  CALL(lseek(fd, -30, SEEK_CUR));
  CALL(lseek(fd, 0, 99));
  CALL(pwrite(fd, "J", 1, 0));
  CALL(pread(fd, buf, 100, 6));
  CALL(pread(fd, buf, 100, 600));
  CALL(lseek(fd, 0, SEEK_CUR));
  CALL(lseek(fd, 100000, SEEK_SET));
  CALL(write(fd, "end", 3));
  show("a");
  CALL(ftruncate(fd, 20));
  show("a");
  contents("a");
  CALL(ftruncate(fd, -1));
  CALL(fsync(fd));
  CALL(fdatasync(fd));

  int copy = dup(fd);
  NUMBER(copy);
  CALL(lseek(fd, 3, SEEK_SET));
  CALL(lseek(copy, 0, SEEK_CUR));
  CALL(dup2(fd, 20));
  CALL(dup2(fd, fd));
  CALL(dup3(fd, fd, 0));
  CALL(dup3(fd, 21, O_CLOEXEC));
  CALL(fcntl(21, F_GETFD));
  CALL(fcntl(20, F_GETFD));
  CALL(fcntl(20, F_SETFD, FD_CLOEXEC));
  CALL(fcntl(20, F_GETFD));
  CALL(fcntl(fd, F_DUPFD, 50));
  CALL(fcntl(fd, F_GETFL) & O_ACCMODE);
  CALL(close(50));
  CALL(close(50));
  CALL(close(-1));
  CALL(close(copy));

  int more = open("a", O_WRONLY | O_APPEND);
  CALL(write(more, "appended", 8));
  CALL(lseek(more, 0, SEEK_CUR));
  CALL(read(more, buf, 1));
  CALL(fcntl(more, F_GETFL) & O_APPEND);
  CALL(fcntl(more, F_SETFL, 0));
  CALL(lseek(more, 0, SEEK_SET));
  CALL(write(more, "X", 1));
  close(more);
  contents("a");
  int reader = open("a", O_RDONLY);
  CALL(write(reader, "x", 1));
  struct iovec v[3] = {{buf, 3}, {buf + 10, 0}, {buf + 20, 40}};
  CALL(readv(reader, v, 3));
  CALL(readv(reader, v, -1));
  CALL(preadv(reader, v, 3, 2));
  CALL(writev(fd, v, 2));
  close(reader);
  contents("a");

  CALL(link("a", "b"));
  show("a");
  CALL(link("a", "b"));
  CALL(link("none", "c"));
  CALL(symlink("a", "s"));
  show("s");
  memset(buf, 0, sizeof buf);
  CALL(readlink("s", buf, sizeof buf));
  TEXT(buf);
  CALL(readlink("s", buf, 0));
  CALL(readlink("a", buf, sizeof buf));
  CALL(open("s", O_RDONLY | O_NOFOLLOW));
  CALL(symlink("loop", "loop"));
  CALL(open("loop", O_RDONLY));
  CALL(unlink("a"));
  show("a");
  show("b");
  CALL(access("s", F_OK));
  CALL(faccessat(AT_FDCWD, "s", F_OK, AT_SYMLINK_NOFOLLOW));
  CALL(write(fd, "still here", 10));
  CALL(rename("b", "c"));
  CALL(rename("none", "c"));
  CALL(access("c", R_OK | W_OK));
  CALL(access("c", X_OK));
  CALL(chmod("c", 0751));
  show("c");
  CALL(fchmod(fd, 04600));
  show("c");
  CALL(access("none/c", F_OK));
  CALL(access("c/d", F_OK));
  CALL(access("", F_OK));
  static char longname[300];
  memset(longname, 'n', 299);
  CALL(open(longname, O_CREAT | O_WRONLY, 0600));
  static char longpath[5000];
  memset(longpath, '/', 4999);
  CALL(open(longpath, O_RDONLY));
  CALL(open((char *)8, O_RDONLY));
  CALL(open(".", O_WRONLY));
  CALL(open("c/", O_RDONLY));
  CALL(write(fd, (char *)8, 10));
  CALL(write(99, "", 1));

  CALL(mkdir("d", 0755));
  int dir = open("d", O_RDONLY | O_DIRECTORY);
  CALL(open("c", O_RDONLY | O_DIRECTORY));
  CALL(read(dir, buf, 1));
  int inner = openat(dir, "inner", O_CREAT | O_WRONLY | O_CLOEXEC, 0640);
  CALL(fcntl(inner, F_GETFD));
  show("d/inner");
  CALL(mkdirat(dir, "sub", 0700));
  CALL(unlinkat(dir, "sub", 0));
  CALL(unlinkat(dir, "sub", AT_REMOVEDIR));
  CALL(renameat(dir, "inner", AT_FDCWD, "outer"));
  CALL(syscall(SYS_renameat2, AT_FDCWD, "outer", AT_FDCWD, "c", 1 /* RENAME_NOREPLACE */));
  CALL(rmdir("d"));
  CALL(rmdir("c"));
  CALL(unlink("."));
  CALL(openat(inner, "x", O_RDONLY));

  // Whole microseconds: Node sets no finer times.
  struct timespec times[2] = {{1000000000, 123456000}, {1100000000, 987654000}};
  CALL(utimensat(AT_FDCWD, "outer", times, 0));
  struct stat s;
  stat("outer", &s);
  NUMBER(s.st_atim.tv_sec);
  NUMBER(s.st_atim.tv_nsec);
  NUMBER(s.st_mtim.tv_sec);
  NUMBER(s.st_mtim.tv_nsec);
  times[0].tv_nsec = UTIME_OMIT;
  times[1].tv_sec = 1200000000;
  times[1].tv_nsec = 0;
  CALL(utimensat(AT_FDCWD, "outer", times, 0));
  stat("outer", &s);
  NUMBER(s.st_atim.tv_sec);
  NUMBER(s.st_mtim.tv_sec);
  NUMBER(s.st_mtim.tv_nsec);

  int to = open("copied", O_CREAT | O_RDWR, 0600);
  off_t from = 2;
  CALL(sendfile(to, fd, &from, 10));
  NUMBER(from);
  contents("copied");
  CALL(posix_fallocate(to, 0, 50));
  show("copied");
  CALL(truncate("copied", 4));
  show("copied");
  CALL(truncate("none", 4));
  int trunc = open("copied", O_WRONLY | O_TRUNC);
  show("copied");
  close(trunc);
  CALL(flock(to, LOCK_EX | LOCK_NB));
  int other = open("copied", O_RDONLY);
  CALL(flock(other, LOCK_SH | LOCK_NB));
  CALL(flock(to, LOCK_UN));
  CALL(flock(other, LOCK_SH | LOCK_NB));
  int hidden = open(".", O_TMPFILE | O_RDWR, 0600);
  if (hidden >= 0) CALL(write(hidden, "gone", 4));
  char name[] = "tmpXXXXXX";
  WORKS(mkstemp(name));
  unlink(name);
  FILE *f = fopen("stdio", "w+");
  for (int i = 0; i < 2000; i++) fprintf(f, "line %d\n", i);
  rewind(f);
  fseek(f, 100, SEEK_SET);
  fgets(buf, sizeof buf, f);
  TEXT(buf);
  NUMBER(ftell(f));
  ungetc('q', f);
  NUMBER(fgetc(f));
  fclose(f);
  show("stdio");
  return 0;
}
