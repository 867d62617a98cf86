// build: gcc -O1
// build: musl-gcc -O1 -static
// tree
#define _GNU_SOURCE
#include "check.h"
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *path) {
  DIR *d = opendir(path);
  if (!d) {
    printf("opendir %s: errno %d\n", path, errno);
    return;
  }
  static char *names[2000];
  int n = 0;
  for (struct dirent *e; (e = readdir(d));) {
    char line[400];
    snprintf(line, sizeof line, "%s type %d", e->d_name, e->d_type);
    names[n++] = strdup(line);
  }
  closedir(d);
  qsort(names, n, sizeof *names, by_name);
  printf("%s: %d entries\n", path, n);
  for (int i = 0; i < n && n < 20; i++) puts(names[i]);
  for (int i = 0; i < n; i++) free(names[i]);
}

static long bytes;
static int visit(const char *path, const struct stat *s, int kind, struct FTW *at) {
  if (S_ISREG(s->st_mode)) bytes += s->st_size;
  return 0;
}

int main(void) {
  char here[1000], cwd[1000];
  getcwd(here, sizeof here);
  CALL(mkdir("d", 0777));
  CALL(mkdir("d", 0777));
  CALL(mkdir("d/e/f", 0777));
  CALL(mkdir("d/e", 0700));
  CALL(mkdir("d/e/f/", 0700));
  CALL(close(open("d/file", O_CREAT | O_WRONLY, 0600)));
  CALL(symlink("e", "d/link"));
  CALL(mkfifo("d/fifo", 0600));
  list("d");
  list("none");
  list("d/file");
  CALL(chdir("d/link/f"));
  getcwd(cwd, sizeof cwd);
  TEXT(cwd + strlen(here));
  CALL(chdir(".."));
  CALL(chdir("../.."));
  TRUTH(strcmp(getcwd(cwd, sizeof cwd), here) == 0);
  TRUTH(getcwd(cwd, 3) == NULL && errno == ERANGE);
  CALL(chdir("d/file"));
  int fd = open("d", O_RDONLY | O_DIRECTORY);
  CALL(fchdir(fd));
  TEXT(getcwd(cwd, sizeof cwd) + strlen(here));
  CALL(chdir(".."));
  CALL(rename("d", "d/e/g"));
  CALL(rename("d", "g"));
  CALL(mkdir("empty", 0700));
  CALL(rename("g/e", "empty"));
  CALL(rename("empty", "g"));
  CALL(rename("g/file", "empty"));
  list("g");
  list("empty");
  CALL(mkdir("many", 0700));
  for (int i = 0; i < 1000; i++) {
    char name[50];
    sprintf(name, "many/a-name-of-some-length-%d", i);
    FILE *f = fopen(name, "w");
    fprintf(f, "%d", i);
    fclose(f);
  }
  list("many");
  DIR *d = opendir("many");
  for (int i = 0; i < 500; i++) readdir(d);
  long place = telldir(d);
  char *name = strdup(readdir(d)->d_name);
  for (int i = 0; i < 100; i++) readdir(d);
  seekdir(d, place);
  TRUTH(strcmp(name, readdir(d)->d_name) == 0);
  rewinddir(d);
  int n = 0;
  while (readdir(d)) n++;
  NUMBER(n);
  closedir(d);
  CALL(nftw("many", visit, 10, FTW_PHYS));
  NUMBER(bytes);
  glob_t g;
  CALL(glob("many/*-99?", 0, NULL, &g));
  NUMBER(g.gl_pathc);
  TEXT(g.gl_pathv[9]);
  // Removing while reading: every name is seen once.
  d = opendir("many");
  n = 0;
  for (struct dirent *e; (e = readdir(d));) {
    if (e->d_name[0] == '.') continue;
    unlinkat(dirfd(d), e->d_name, 0);
    n++;
  }
  closedir(d);
  NUMBER(n);
  CALL(rmdir("many"));
  CALL(mkdir("lost", 0700));
  CALL(chdir("lost"));
  CALL(rmdir("../lost"));
  TRUTH(getcwd(cwd, sizeof cwd) == NULL && errno == ENOENT);
  CALL(open("x", O_CREAT | O_WRONLY, 0600));
  CALL(chdir(here));
  CALL(unlink("g/fifo"));
  return 0;
}
