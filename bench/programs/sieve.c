/* Sieve of Eratosthenes over bytes; argv[1] passes. */
#include "bench.h"
enum { LIMIT = 1000000 };
static char composite[LIMIT + 1];

static int count(void) {
  int primes = 0;
  memset(composite, 0, sizeof composite);
  for (int i = 2; i <= LIMIT; i++) {
    if (composite[i]) continue;
    primes++;
    for (long j = (long)i * i; j <= LIMIT; j += i) composite[j] = 1;
  }
  return primes;
}

int main(int argc, char **argv) {
  long total = 0;
  for (long n = work(argc, argv); n > 0; n--) total += count();
  printf("%ld\n", total);
}
