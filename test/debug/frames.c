/* Dies of a null pointer in a handler of a signal, several calls deep. Built with -g by the tests of the debugger. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

volatile int *nowhere;
int counter;

__attribute__((noinline)) static void strike(int value) {
  counter = value;
  *nowhere = value; /* line 11 */
}

__attribute__((noinline)) void handler(int signo) {
  strike(signo + 1);
  counter++;
}

static int compare(const void *a, const void *b) {
  if (*(const int *)a == 3 || *(const int *)b == 3) raise(SIGUSR1);
  return *(const int *)a - *(const int *)b;
}

int main(void) {
  int numbers[] = {5, 3, 4, 1};
  signal(SIGUSR1, handler);
  qsort(numbers, 4, sizeof numbers[0], compare); /* line 27 */
  return 0;
}
