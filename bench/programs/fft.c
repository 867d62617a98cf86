/* Radix-2 fast Fourier transforms of 4096 complex doubles, there and back; argv[1] pairs. */
#include "bench.h"
#include <math.h>
enum { N = 4096 };
static double re[N], im[N], cosine[N / 2], sine[N / 2];

static void transform(int direction) {
  for (int i = 1, j = 0; i < N; i++) {
    int bit = N >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      double t = re[i];
      re[i] = re[j], re[j] = t;
      t = im[i];
      im[i] = im[j], im[j] = t;
    }
  }
  for (int half = 1; half < N; half *= 2)
    for (int start = 0; start < N; start += 2 * half)
      for (int k = 0; k < half; k++) {
        int p = start + k, q = p + half, at = k * (N / 2 / half);
        double c = cosine[at], s = direction * sine[at];
        double x = re[q] * c - im[q] * s, y = re[q] * s + im[q] * c;
        re[q] = re[p] - x, im[q] = im[p] - y;
        re[p] += x, im[p] += y;
      }
}

int main(int argc, char **argv) {
  for (int i = 0; i < N / 2; i++) cosine[i] = cos(2 * M_PI * i / N), sine[i] = sin(2 * M_PI * i / N);
  for (int i = 0; i < N; i++) re[i] = (double)(next_random() >> 40) / (1 << 24);
  for (long n = work(argc, argv); n > 0; n--) {
    transform(1);
    transform(-1);
    for (int i = 0; i < N; i++) re[i] /= N, im[i] /= N;
  }
  double sum = 0;
  for (int i = 0; i < N; i++) sum += re[i] * (i % 5);
  printf("%.6f\n", sum);
}
