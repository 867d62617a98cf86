/* A program to walk through: calls, a global that changes, an end that says how it went. */
#include <stdio.h>
#include <unistd.h>

int total;

__attribute__((noinline)) int square(int n) {
  return n * n;
}

__attribute__((noinline)) int sum(int n) {
  for (int i = 1; i <= n; i++) total += square(i);
  return total;
}

int main(void) {
  printf("sum %d\n", sum(3));
  return total;
}
