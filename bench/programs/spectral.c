/* Spectral norm of an infinite matrix cut at 400, by the power method: divisions of doubles; argv[1] steps. */
#include "bench.h"
#include <math.h>
enum { N = 400 };

static double element(int i, int j) {
  return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1);
}

static void times(const double *v, double *to, int transposed) {
  for (int i = 0; i < N; i++) {
    double sum = 0;
    for (int j = 0; j < N; j++) sum += (transposed ? element(j, i) : element(i, j)) * v[j];
    to[i] = sum;
  }
}

int main(int argc, char **argv) {
  static double u[N], v[N], t[N];
  double up = 0, down = 0;
  for (int i = 0; i < N; i++) u[i] = 1;
  for (long n = work(argc, argv); n > 0; n--) {
    times(u, t, 0), times(t, v, 1);
    times(v, t, 0), times(t, u, 1);
  }
  for (int i = 0; i < N; i++) up += u[i] * v[i], down += v[i] * v[i];
  printf("%.9f\n", sqrt(up / down));
}
