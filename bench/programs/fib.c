/* Recursive Fibonacci numbers: calls and returns; fib(argv[1]). */
#include "bench.h"

__attribute__((noinline, optimize("no-inline-small-functions", "no-optimize-sibling-calls"))) static long fib(long n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

int main(int argc, char **argv) {
  printf("%ld\n", fib(work(argc, argv)));
}
