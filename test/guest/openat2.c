// build: gcc -O1
/* openat2(2): where a path may lead. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int dir;

static long openat2(int at, const char *path, struct open_how *how, size_t size) {
  return syscall(SYS_openat2, at, path, how, size);
}

static void try(const char *path, uint64_t flags, uint64_t resolve) {
  struct open_how how = {.flags = flags, .resolve = resolve};
  errno = 0;
  int fd = openat2(dir, path, &how, sizeof how);
  if (fd < 0) {
    printf("%-22s flags %llx resolve %02llx: errno %d\n", path, (long long)flags, (long long)resolve, errno);
    return;
  }
  struct stat st;
  char text[8] = "";
  if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && !(flags & O_PATH)) read(fd, text, 3);
  printf("%-22s flags %llx resolve %02llx: opens %o %s\n", path, (long long)flags, (long long)resolve,
         st.st_mode & S_IFMT, text);
  close(fd);
}

static void file(const char *path, const char *text) {
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  write(fd, text, strlen(text));
  close(fd);
}

int main(void) {
  mkdir("d", 0700), mkdir("d/sub", 0700), mkdir("sub", 0700);
  file("d/in", "in\n"), file("out", "out"), file("sub/in", "up\n"), file("d/sub/in", "sub");
  symlink("in", "d/link"), symlink("../out", "d/up"), symlink("/sub/in", "d/absolute"), symlink("sub/../in", "d/round");
  symlink("/", "d/root"), symlink("sub", "d/sublink"), symlink("link", "d/twice");
  dir = open("d", O_PATH | O_DIRECTORY);

  static const char *const paths[] = {"in", "sub/in", "sub/../in", "../out", "sub/../../out", "link", "up", "absolute", "round",
                                      "root", "sublink/in", "sublink/", "twice", "none", "/in", "/../in", "/sub/in",
                                      "..", ".", "/", "sub/.."};
  static const uint64_t ways[] = {0, RESOLVE_NO_XDEV, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH, RESOLVE_IN_ROOT};
  for (size_t w = 0; w < sizeof ways / sizeof *ways; w++)
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++) {
      // Absolute paths lead out of here unless they start at the directory.
      if (paths[p][0] == '/' && (ways[w] == 0 || ways[w] == RESOLVE_NO_XDEV || ways[w] == RESOLVE_NO_SYMLINKS)) continue;
      if (ways[w] == RESOLVE_NO_XDEV && (!strcmp(paths[p], "root") || !strcmp(paths[p], "absolute"))) continue;
      try(paths[p], O_RDONLY, ways[w]);
    }
  try("link", O_PATH | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);
  try("link", O_RDONLY | O_NOFOLLOW, RESOLVE_NO_SYMLINKS);

  puts("magic links and mounts");
  dir = AT_FDCWD;
  try("/proc/self/exe", O_RDONLY, RESOLVE_NO_MAGICLINKS);
  try("/proc/self/exe", O_RDONLY, RESOLVE_NO_XDEV);
  try("/proc/self/cwd/out", O_RDONLY, RESOLVE_NO_MAGICLINKS);
  try("/proc/self/cwd/out", O_RDONLY, 0);
  try("/proc/self/status", O_RDONLY, RESOLVE_NO_MAGICLINKS);
  try("/proc/version", O_RDONLY, RESOLVE_NO_XDEV);
  dir = open("/", O_PATH);
  try("proc/version", O_RDONLY, RESOLVE_NO_XDEV);
  try("proc", O_RDONLY, RESOLVE_BENEATH);
  try("proc/self/root", O_RDONLY, RESOLVE_BENEATH);
  dir = open("/proc", O_PATH);
  try("version", O_RDONLY, RESOLVE_NO_XDEV);
  try("..", O_RDONLY, RESOLVE_NO_XDEV);

  puts("arguments");
  dir = open("d", O_PATH | O_DIRECTORY);
  try("in", O_RDONLY, RESOLVE_BENEATH | RESOLVE_IN_ROOT);
  try("in", O_RDONLY, 0x40);
  try("in", 0x80000000ull, 0);
  try("in", 0x4, 0);
  try("in", O_PATH | O_RDWR, 0);
  try("in", O_PATH | O_CLOEXEC, 0);
  try("in", O_RDONLY, RESOLVE_CACHED);
  try("in", O_RDWR | O_TRUNC, RESOLVE_CACHED);
  struct open_how how = {.flags = O_RDONLY, .mode = 0600};
  CALL(openat2(dir, "in", &how, sizeof how));
  how = (struct open_how){.flags = O_CREAT | O_RDWR, .mode = 010600};
  CALL(openat2(dir, "new", &how, sizeof how));
  CALL(openat2(dir, "in", &how, 8));
  CALL(openat2(dir, "in", &how, 5000));
  struct { struct open_how how; uint64_t more; } longer = {.how = {.flags = O_RDONLY}};
  WORKS(openat2(dir, "in", &longer.how, sizeof longer));
  longer.more = 1;
  CALL(openat2(dir, "in", &longer.how, sizeof longer));
  CALL(openat2(-1, "in", &(struct open_how){0}, 24));
  CALL(openat2(-1, "/in", &(struct open_how){.resolve = RESOLVE_IN_ROOT}, 24));
  CALL(openat2(dir, "", &(struct open_how){0}, 24));

  puts("made beneath");
  how = (struct open_how){.flags = O_CREAT | O_EXCL | O_RDWR, .mode = 0640, .resolve = RESOLVE_BENEATH};
  WORKS(openat2(dir, "sub/new", &how, sizeof how));
  CALL(openat2(dir, "../new", &how, sizeof how));
  CALL(openat2(dir, "/new", &how, sizeof how));
  how.resolve = RESOLVE_IN_ROOT;
  WORKS(openat2(dir, "/sub/../../root-new", &how, sizeof how));
  CALL(access("d/sub/new", F_OK));
  CALL(access("d/root-new", F_OK));
  return 0;
}
