// build: gcc -O1
// build: gcc -O2 -static
// build: gcc -O2 -march=haswell
// build: musl-gcc -O1 -static
// The string functions (with vector code in glibc) at every alignment, in front of and behind a forbidden page; sorting,
// searching, formatting, regular expressions.
#define _GNU_SOURCE
#include "check.h"
#include <ctype.h>
#include <inttypes.h>
#include <locale.h>
#include <regex.h>
#include <search.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <wchar.h>

static uint64_t hash = 14695981039346656037u;
static void mix(long v) { hash = (hash ^ (uint64_t)v) * 1099511628211u; }

static int by_value(const void *a, const void *b) {
  int x = *(const int *)a, y = *(const int *)b;
  return (x > y) - (x < y);
}
static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(void) {
  char *area = mmap(NULL, 5 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(area + 4096, 3 * 4096, PROT_READ | PROT_WRITE);
  char *first = area + 4096, *end = area + 4 * 4096;
  for (int size = 0; size < 300; size = size < 80 ? size + 1 : size * 5 / 4) {
    for (int align = 0; align < 4; align++) {
      char *p = end - size - 1 - align * 7;
      char *q = first + align * 13;
      for (int i = 0; i < size; i++) p[i] = 'a' + i * 7 % 26;
      p[size] = 0;
      mix(strlen(p));
      mix(strnlen(p, 33));
      memset(q, '#', size + 40);
      strcpy(q, p);
      mix(strcmp(p, q));
      mix(q[size + 1]);
      memcpy(q + 3, p, size);
      mix(memcmp(q + 3, p, size));
      memmove(q + 5, q + 3, size);
      memmove(q + 1, q + 5, size);
      mix(memcmp(q + 1, p, size));
      char *c = strchr(p, 'z');
      mix(c ? c - p : -1);
      c = strrchr(p, 'b');
      mix(c ? c - p : -1);
      c = memchr(p, 'y', size);
      mix(c ? c - p : -1);
      c = memrchr(p, 'y', size);
      mix(c ? c - p : -1);
      mix(strspn(p, "aho"));
      mix(strcspn(p, "zx"));
      c = strstr(p, "ovcjq");
      mix(c ? c - p : -1);
      c = memmem(p, size, "xe", 2);
      mix(c ? c - p : -1);
      if (size) {
        strcpy(q, p);
        q[size / 2] ^= 32;
        int r = strcmp(p, q);
        mix((r > 0) - (r < 0));
        r = strncmp(p, q, size / 2);
        mix((r > 0) - (r < 0));
        r = memcmp(p, q, size);
        mix((r > 0) - (r < 0));
      }
      memset(q, 'm', 64);
      stpncpy(q, p, 20);
      for (int i = 0; i < 30; i++) mix(q[i]);
      wchar_t *w = (wchar_t *)(end - 4 * (size + 1));
      wmemset(w, L'w', size);
      w[size] = 0;
      mix(wcslen(w));
      mix(wcschr(w, L'x') != NULL);
      mix(wmemchr(w, L'w', size) == w);
    }
  }
  for (size_t size = 1; size < 10000; size = size * 3 + 1) {
    for (size_t i = 0; i < size; i++) first[i] = i * i;
    memmove(first + 11, first, size);
    memmove(first, first + 11, size);
    for (size_t i = 0; i < size; i += 17) mix(first[i]);
    memset(first + 1, size, size);
    mix(first[size] + first[size + 1]);
  }
  printf("strings %016" PRIx64 "\n", hash);

  static int numbers[20000];
  unsigned seed = 1;
  for (int i = 0; i < 20000; i++) numbers[i] = (seed = seed * 1103515245 + 12345) >> 8;
  qsort(numbers, 20000, sizeof *numbers, by_value);
  for (int i = 0; i < 20000; i += 97) mix(numbers[i]);
  int key = numbers[777];
  TRUTH(bsearch(&key, numbers, 20000, sizeof *numbers, by_value) != NULL);
  char *words[] = {"pear", "apple", "fig", "Banana", "cherry", "apple pie"};
  qsort(words, 6, sizeof *words, by_text);
  for (int i = 0; i < 6; i++) puts(words[i]);

  printf("[%5d|%-5d|%05d|%+d|%x|%#X|%o|%c|%%|%s|%.3s|%10s|%-10s|%p]\n", 42, 42, 42, 42, 255, 255, 8, 'c', "text", "truncated",
         "right", "left", (void *)0x1234);
  printf("[%ld|%lld|%zu|%hhd|%hd|%u|%*d|%.*f|%jd]\n", -1L, 1LL << 62, sizeof(long), 300, 70000, -1u, 8, 7, 2, 3.14159, (intmax_t)-5);
  printf("[%2$s %1$s]\n", "first", "second");
  int a, b, n;
  char word[20];
  float f;
  NUMBER(sscanf("12 0x1f hello 3.5e2 rest", "%d %i %19s %f%n", &a, &b, word, &f, &n));
  printf("%d %d %s %g %d\n", a, b, word, f, n);
  NUMBER(sscanf("key=value;", "%[^=]=%[a-z]", word, word + 10));
  NUMBER(strtol("-0x7fz", NULL, 16));
  NUMBER(strtol("99999999999999999999", NULL, 10));
  NUMBER(strtoull("777", NULL, 8));
  NUMBER(atoi("  -17x"));
  char line[] = "a,b;;c , d";
  for (char *t = strtok(line, ",; "); t; t = strtok(NULL, ",; ")) TEXT(t);
  regex_t r;
  regmatch_t m[3];
  CALL(regcomp(&r, "([a-z]+)@([a-z.]+)", REG_EXTENDED));
  CALL(regexec(&r, "mail to someone@example.org now", 3, m, 0));
  printf("%d-%d %d-%d\n", (int)m[1].rm_so, (int)m[1].rm_eo, (int)m[2].rm_so, (int)m[2].rm_eo);
  void *blocks[200];
  for (int round = 0; round < 20; round++) {
    for (int i = 0; i < 200; i++) {
      size_t size = (seed = seed * 1103515245 + 12345) >> 14 & 0x3fff;
      blocks[i] = malloc(size + 1);
      memset(blocks[i], i, size + 1);
    }
    for (int i = 0; i < 200; i += 2) blocks[i] = realloc(blocks[i], 40000);
    for (int i = 0; i < 200; i++) {
      mix(*(unsigned char *)blocks[i]);
      free(blocks[i]);
    }
  }
  char *big = malloc(50 << 20);
  memset(big, 7, 50 << 20);
  mix(big[49 << 20]);
  free(big);
  void *aligned;
  CALL(posix_memalign(&aligned, 4096, 100));
  TRUTH((long)aligned % 4096 == 0);
  int zeros = 0;
  char *clean = calloc(1000, 1000);
  for (int i = 0; i < 1000000; i += 1000) zeros += clean[i] == 0;
  NUMBER(zeros);
  srand(1);
  printf("%016" PRIx64 "\n", hash);
  NUMBER(towupper(L'e'));
  TEXT(setlocale(LC_ALL, "C"));
  return 0;
}
