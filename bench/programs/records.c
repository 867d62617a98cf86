/* A mixture as in system programs of old: records, short strings, calls, conditions; argv[1] thousand rounds. */
#include "bench.h"

enum kind { FIRST, SECOND, THIRD, FOURTH };
struct record {
  struct record *next;
  enum kind kind;
  int number;
  char text[32];
};

static struct record one, two;
static int numbers[50], grid[50][50];
static char letter;

__attribute__((noinline)) static enum kind follow(enum kind k) {
  switch (k) {
  case FIRST: return letter > 'A' ? THIRD : SECOND;
  case SECOND: return FOURTH;
  case THIRD: return FIRST;
  default: return THIRD;
  }
}

__attribute__((noinline)) static int same(const char *a, const char *b) {
  int at = 0;
  while (a[at] == b[at]) {
    if (!a[at]) return 1;
    at++;
  }
  return a[at] > b[at] ? 2 : 0;
}

__attribute__((noinline)) static void pass(struct record *r) {
  struct record *next = r->next;
  *next = *r;
  next->next = r;
  next->number = r->number + 5;
  next->kind = follow(r->kind);
  if (next->kind == THIRD) next->number += (int)strlen(r->text);
  else *r = *next, r->next = next;
}

__attribute__((noinline)) static void arrays(int at, int value) {
  numbers[at + 1] = value;
  numbers[at + 2] = numbers[at + 1] / 3;
  for (int i = at; i <= at + 1; i++) grid[at][i] = at + numbers[at + 2];
  grid[at + 5][at]++;
}

int main(int argc, char **argv) {
  uint64_t digest = 0;
  one = (struct record){&two, FIRST, 10, "a record of the first kind"};
  two = (struct record){&one, SECOND, 20, "a record of the second kind"};
  for (long n = work(argc, argv) * 1000; n > 0; n--) {
    letter = (char)('A' + n % 3);
    pass(&one);
    two.text[n % 24] = letter;
    int how = same(one.text, two.text);
    arrays((int)(n % 40), (int)n + how);
    if (one.number > 100000) one.number %= 97;
    digest = mix(digest, (uint64_t)(one.number + numbers[n % 50] + grid[n % 50][n % 49] + two.kind));
  }
  printf("%016lx\n", digest);
}
