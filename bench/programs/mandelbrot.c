/* The Mandelbrot set, scalar doubles; a square of argv[1] points, 100 iterations. */
#include "bench.h"

int main(int argc, char **argv) {
  long size = work(argc, argv), inside = 0;
  for (long row = 0; row < size; row++)
    for (long column = 0; column < size; column++) {
      double cx = 3.0 * (double)column / (double)size - 2.0, cy = 2.0 * (double)row / (double)size - 1.0;
      double x = 0, y = 0;
      int i = 0;
      for (; i < 100; i++) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4) break;
        y = 2 * x * y + cy;
        x = xx - yy + cx;
      }
      inside += i == 100;
    }
  printf("%ld\n", inside);
}
