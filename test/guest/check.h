/* Printing what happened: the test is that Linux and blink print the same. */
#pragma once
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A call that may fail: its value, or the error number. */
#define CALL(expression)                                                         \
  do {                                                                           \
    errno = 0;                                                                   \
    long value_ = (long)(expression);                                            \
    if (value_ == -1)                                                            \
      printf("%s: errno %d\n", #expression, errno);                              \
    else                                                                         \
      printf("%s: %ld\n", #expression, value_);                                  \
  } while (0)

/* A call of which only success counts: its value is an address or another number that may differ. */
#define WORKS(expression)                                                        \
  do {                                                                           \
    errno = 0;                                                                   \
    if ((long)(expression) == -1)                                                \
      printf("%s: errno %d\n", #expression, errno);                              \
    else                                                                         \
      printf("%s: works\n", #expression);                                        \
  } while (0)

#define TRUTH(expression) printf("%s: %s\n", #expression, (expression) ? "true" : "false")
#define NUMBER(expression) printf("%s: %lld\n", #expression, (long long)(expression))
#define TEXT(expression) printf("%s: \"%s\"\n", #expression, (expression))

/* Waits until a process waits for something, or is gone: it is to be woken or interrupted there. */
__attribute__((unused)) static void until_asleep(pid_t pid) {
  char path[40], line[400];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  for (;;) {
    FILE *stat = fopen(path, "r");
    char *state = stat && fgets(line, sizeof line, stat) ? strrchr(line, ')') : NULL;
    if (stat) fclose(stat);
    if (!state || state[2] == 'S') return;
    usleep(1000);
  }
}
