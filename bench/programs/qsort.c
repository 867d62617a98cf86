/* qsort of the C library with a callback; argv[1] rounds. */
#include "bench.h"
enum { COUNT = 50000 };
static struct item { int key; char padding[12]; } items[COUNT];

static int by_key(const void *a, const void *b) {
  int x = ((const struct item *)a)->key, y = ((const struct item *)b)->key;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  uint64_t digest = 0;
  for (long n = work(argc, argv); n > 0; n--) {
    for (int i = 0; i < COUNT; i++) items[i].key = (int)next_random();
    qsort(items, COUNT, sizeof *items, by_key);
    for (int i = 0; i < COUNT; i += 97) digest = mix(digest, (uint64_t)items[i].key);
  }
  printf("%016lx\n", digest);
}
