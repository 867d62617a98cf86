/* Products of 128 x 128 matrices of doubles; argv[1] products. */
#include "bench.h"
enum { N = 128 };
static double a[N][N], b[N][N], c[N][N];

int main(int argc, char **argv) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) a[i][j] = (double)(i * j % 17) / 16, b[i][j] = (double)((i + j) % 23) / 32;
  for (long n = work(argc, argv); n > 0; n--) {
    memset(c, 0, sizeof c);
    for (int i = 0; i < N; i++)
      for (int k = 0; k < N; k++) {
        double x = a[i][k];
        for (int j = 0; j < N; j++) c[i][j] += x * b[k][j];
      }
    a[n % N][(n * 3) % N] = c[(n * 5) % N][n % N] / 100;
  }
  double sum = 0;
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) sum += c[i][j];
  printf("%.9f\n", sum);
}
