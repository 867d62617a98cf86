/* The Mandelbrot set, four doubles at a time with AVX; a square of argv[1] points (multiple of 4), 100 iterations.
   The count of iterations is summed in AVX2's integers. */
#include "bench.h"
#include <immintrin.h>

int main(int argc, char **argv) {
  if (!__builtin_cpu_supports("avx2")) {
    puts("this processor has no AVX2");
    return 77;
  }
  long size = work(argc, argv) & ~3L, inside = 0;
  const __m256d four = _mm256_set1_pd(4), ramp = _mm256_set_pd(3, 2, 1, 0);
  __m256i steps = _mm256_setzero_si256();
  for (long row = 0; row < size; row++)
    for (long column = 0; column < size; column += 4) {
      __m256d at = _mm256_add_pd(_mm256_set1_pd((double)column), ramp);
      __m256d cx = _mm256_sub_pd(_mm256_mul_pd(at, _mm256_set1_pd(3.0 / (double)size)), _mm256_set1_pd(2));
      __m256d cy = _mm256_set1_pd(2.0 * (double)row / (double)size - 1.0);
      __m256d x = _mm256_setzero_pd(), y = x, alive = _mm256_cmp_pd(x, x, _CMP_EQ_OQ);
      for (int i = 0; i < 100; i++) {
        __m256d xx = _mm256_mul_pd(x, x), yy = _mm256_mul_pd(y, y), xy = _mm256_mul_pd(x, y);
        alive = _mm256_and_pd(alive, _mm256_cmp_pd(_mm256_add_pd(xx, yy), four, _CMP_LE_OQ));
        if (!_mm256_movemask_pd(alive)) break;
        steps = _mm256_sub_epi64(steps, _mm256_castpd_si256(alive));
        y = _mm256_add_pd(_mm256_add_pd(xy, xy), cy);
        x = _mm256_add_pd(_mm256_sub_pd(xx, yy), cx);
      }
      inside += __builtin_popcount((unsigned)_mm256_movemask_pd(alive));
    }
  long long sum[4];
  _mm256_storeu_si256((__m256i *)sum, steps);
  printf("%ld %lld\n", inside, sum[0] + sum[1] + sum[2] + sum[3]);
}
