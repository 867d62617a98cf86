/* Heap sort and merge sort of random 32-bit numbers; argv[1] rounds. */
#include "bench.h"
enum { COUNT = 100000 };
static uint32_t a[COUNT], b[COUNT], spare[COUNT];

static void sift(uint32_t *v, int root, int end) {
  for (int child; (child = 2 * root + 1) < end; root = child) {
    if (child + 1 < end && v[child] < v[child + 1]) child++;
    if (v[root] >= v[child]) return;
    uint32_t t = v[root];
    v[root] = v[child];
    v[child] = t;
  }
}

static void heap_sort(uint32_t *v, int n) {
  for (int i = n / 2 - 1; i >= 0; i--) sift(v, i, n);
  for (int i = n - 1; i > 0; i--) {
    uint32_t t = v[0];
    v[0] = v[i];
    v[i] = t;
    sift(v, 0, i);
  }
}

static void merge_sort(uint32_t *v, int n) {
  if (n < 2) return;
  int half = n / 2, i = 0, j = half, o = 0;
  merge_sort(v, half);
  merge_sort(v + half, n - half);
  while (i < half && j < n) spare[o++] = v[i] <= v[j] ? v[i++] : v[j++];
  while (i < half) spare[o++] = v[i++];
  memcpy(v, spare, o * sizeof *v);
}

int main(int argc, char **argv) {
  uint64_t digest = 0;
  for (long n = work(argc, argv); n > 0; n--) {
    for (int i = 0; i < COUNT; i++) a[i] = b[i] = (uint32_t)next_random();
    heap_sort(a, COUNT);
    merge_sort(b, COUNT);
    for (int i = 0; i < COUNT; i++) {
      if (a[i] != b[i]) return 1;
      digest = mix(digest, a[i]);
    }
  }
  printf("%016lx\n", digest);
}
