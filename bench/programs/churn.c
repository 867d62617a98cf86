/* malloc and free in changing order and sizes; argv[1] thousand rounds. */
#include "bench.h"
enum { LIVE = 2000 };

int main(int argc, char **argv) {
  static struct { unsigned char *at; size_t size; } live[LIVE];
  uint64_t digest = 0;
  for (long n = work(argc, argv) * 1000; n > 0; n--) {
    unsigned i = (unsigned)(next_random() % LIVE);
    if (live[i].at) {
      digest = mix(digest, live[i].at[0] + live[i].at[live[i].size - 1]);
      free(live[i].at);
    }
    live[i].size = 8 + next_random() % (next_random() % 16 ? 200 : 4000);
    live[i].at = malloc(live[i].size);
    live[i].at[0] = (unsigned char)n;
    live[i].at[live[i].size - 1] = (unsigned char)i;
  }
  printf("%016lx\n", digest);
}
