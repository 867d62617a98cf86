/* The Mandelbrot set, two doubles at a time with SSE2; a square of argv[1] points (even), 100 iterations. */
#include "bench.h"
#include <emmintrin.h>

int main(int argc, char **argv) {
  long size = work(argc, argv) & ~1L, inside = 0;
  const __m128d four = _mm_set1_pd(4);
  for (long row = 0; row < size; row++)
    for (long column = 0; column < size; column += 2) {
      __m128d cx = _mm_set_pd(3.0 * (double)(column + 1) / (double)size - 2.0, 3.0 * (double)column / (double)size - 2.0);
      __m128d cy = _mm_set1_pd(2.0 * (double)row / (double)size - 1.0);
      __m128d x = _mm_setzero_pd(), y = x;
      int alive = 3;
      for (int i = 0; i < 100; i++) {
        __m128d xx = _mm_mul_pd(x, x), yy = _mm_mul_pd(y, y), xy = _mm_mul_pd(x, y);
        alive &= _mm_movemask_pd(_mm_cmple_pd(_mm_add_pd(xx, yy), four));
        if (!alive) break;
        y = _mm_add_pd(_mm_add_pd(xy, xy), cy);
        x = _mm_add_pd(_mm_sub_pd(xx, yy), cx);
      }
      inside += (alive & 1) + (alive >> 1);
    }
  printf("%ld\n", inside);
}
