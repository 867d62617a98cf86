/* Products of 64 x 64 matrices of 32-bit integers; argv[1] products. */
#include "bench.h"
enum { N = 64 };
static int a[N][N], b[N][N], c[N][N];

int main(int argc, char **argv) {
  uint64_t digest = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (int)(next_random() >> 50), b[i][j] = (int)(next_random() >> 50);
  for (long n = work(argc, argv); n > 0; n--) {
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        unsigned sum = 0;
        for (int k = 0; k < N; k++) sum += (unsigned)a[i][k] * (unsigned)b[k][j];
        c[i][j] = (int)sum;
      }
    digest = mix(digest, (uint64_t)c[n % N][(n * 7) % N]);
    a[n % N][n % 61] = c[(n * 3) % N][n % N] & 0xfff;
  }
  printf("%016lx\n", digest);
}
