/* Searching text: memchr, strstr, strchr loops of the C library and a Horspool search of our own; argv[1] rounds. */
#define _GNU_SOURCE
#include "bench.h"
enum { LENGTH = 1 << 18 };
static char text[LENGTH + 1];

__attribute__((noinline)) static long horspool(const char *word) {
  int length = (int)strlen(word), skip[256];
  long found = 0;
  for (int i = 0; i < 256; i++) skip[i] = length;
  for (int i = 0; i < length - 1; i++) skip[(unsigned char)word[i]] = length - 1 - i;
  for (int at = 0; at + length <= LENGTH; at += skip[(unsigned char)text[at + length - 1]]) {
    int i = length - 1;
    while (i >= 0 && text[at + i] == word[i]) i--;
    found += i < 0;
  }
  return found;
}

static long library(const char *word) {
  long found = 0;
  for (const char *p = text; (p = strstr(p, word)); p++) found++;
  return found;
}

int main(int argc, char **argv) {
  static const char *const words[] = {"ab", "dead", "beads", "facade", "decade", "acceded"};
  uint64_t digest = 0;
  for (int i = 0; i < LENGTH; i++) text[i] = (char)(next_random() % 11 ? 'a' + next_random() % 6 : ' ');
  for (long n = work(argc, argv); n > 0; n--) {
    for (unsigned w = 0; w < sizeof words / sizeof *words; w++) {
      long mine = horspool(words[w]), theirs = library(words[w]);
      /* The words overlap themselves nowhere by more than the search allows, so both count alike. */
      if (mine != theirs) return 1;
      digest = mix(digest, (uint64_t)mine);
    }
    long spaces = 0;
    for (const char *p = text; (p = memchr(p, ' ', (size_t)(text + LENGTH - p))); p++) spaces++;
    digest = mix(digest, (uint64_t)spaces);
    text[n % LENGTH] = 'f';
  }
  printf("%016lx\n", digest);
}
