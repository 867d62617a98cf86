// build: gcc -O1
// build: gcc -O1 -static
// build: musl-gcc -O1 -static
// run: one "two" --three=3 *
// env: COLOUR=green
// env: EMPTY=
#include "check.h"
#include <sys/auxv.h>
#include <unistd.h>

extern char **environ;

static int by_name(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv) {
  NUMBER(argc);
  for (int i = 1; i < argc; i++) TEXT(argv[i]);
  TRUTH(argv[argc] == NULL);
  int n = 0;
  while (environ[n]) n++;
  NUMBER(n);
  qsort(environ, n, sizeof *environ, by_name);
  for (int i = 0; i < n; i++)
    if (strncmp(environ[i], "HOME=", 5)) TEXT(environ[i]);
  NUMBER(getauxval(AT_PAGESZ));
  NUMBER(getauxval(AT_CLKTCK));
  NUMBER(getauxval(AT_UID));
  NUMBER(getauxval(AT_EUID));
  NUMBER(getauxval(AT_GID));
  NUMBER(getauxval(AT_EGID));
  NUMBER(getauxval(AT_SECURE));
  NUMBER(getauxval(AT_PHENT));
  TRUTH(getauxval(AT_PHNUM) > 2);
  TRUTH(getauxval(AT_ENTRY) != 0);
  TRUTH(getauxval(AT_RANDOM) != 0);
  TEXT((char *)getauxval(AT_PLATFORM));
  TEXT(strrchr((char *)getauxval(AT_EXECFN), '/'));
  errno = 0;
  NUMBER(getauxval(9999));
  NUMBER(errno);
  return 0;
}
