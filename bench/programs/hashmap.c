/* A hash map with open addressing, string keys; argv[1] thousand insertions, look-ups and removals each. */
#include "bench.h"
enum { SLOTS = 1 << 16 };
static struct { char key[24]; long value; } slot[SLOTS];

static unsigned hash(const char *key) {
  unsigned h = 2166136261u;
  while (*key) h = (h ^ (unsigned char)*key++) * 16777619u;
  return h;
}

/* The key's slot, or the empty one where it would be. */
__attribute__((noinline)) static unsigned find(const char *key) {
  unsigned at = hash(key) % SLOTS;
  while (slot[at].key[0] && strcmp(slot[at].key, key)) at = (at + 1) % SLOTS;
  return at;
}

static void name(char *to, unsigned number) {
  strcpy(to, "key-");
  to += 4;
  do *to++ = (char)('0' + number % 10);
  while (number /= 10);
  *to = 0;
}

/* Removal by moving later entries of the run back. */
static void take_out(unsigned hole) {
  for (unsigned at = (hole + 1) % SLOTS; slot[at].key[0]; at = (at + 1) % SLOTS) {
    unsigned home = hash(slot[at].key) % SLOTS;
    if ((at - home) % SLOTS < (at - hole) % SLOTS) continue;
    slot[hole] = slot[at];
    hole = at;
  }
  slot[hole].key[0] = 0;
}

int main(int argc, char **argv) {
  uint64_t digest = 0;
  char key[24];
  for (long n = work(argc, argv) * 1000; n > 0; n--) {
    name(key, (unsigned)(next_random() % 40000));
    unsigned at = find(key);
    strcpy(slot[at].key, key);
    slot[at].value += n;
    name(key, (unsigned)(next_random() % 50000));
    at = find(key);
    if (slot[at].key[0]) digest = mix(digest, (uint64_t)slot[at].value);
    name(key, (unsigned)(next_random() % 40000));
    at = find(key);
    if (slot[at].key[0]) {
      take_out(at);
      slot[find(key)].value = 0;
    }
  }
  printf("%016lx\n", digest);
}
