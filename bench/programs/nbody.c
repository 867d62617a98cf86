/* Five bodies under gravity, doubles; argv[1] thousand steps. Masses and orbits are made up. */
#include "bench.h"
#include <math.h>
enum { BODIES = 5 };
static struct { double x[3], v[3], mass; } body[BODIES];

static double energy(void) {
  double e = 0;
  for (int i = 0; i < BODIES; i++) {
    double v2 = 0;
    for (int k = 0; k < 3; k++) v2 += body[i].v[k] * body[i].v[k];
    e += body[i].mass * v2 / 2;
    for (int j = i + 1; j < BODIES; j++) {
      double r2 = 0;
      for (int k = 0; k < 3; k++) r2 += (body[i].x[k] - body[j].x[k]) * (body[i].x[k] - body[j].x[k]);
      e -= body[i].mass * body[j].mass / sqrt(r2);
    }
  }
  return e;
}

static void step(double dt) {
  for (int i = 0; i < BODIES; i++)
    for (int j = i + 1; j < BODIES; j++) {
      double d[3], r2 = 0;
      for (int k = 0; k < 3; k++) d[k] = body[i].x[k] - body[j].x[k], r2 += d[k] * d[k];
      double pull = dt / (r2 * sqrt(r2));
      for (int k = 0; k < 3; k++) {
        body[i].v[k] -= d[k] * body[j].mass * pull;
        body[j].v[k] += d[k] * body[i].mass * pull;
      }
    }
  for (int i = 0; i < BODIES; i++)
    for (int k = 0; k < 3; k++) body[i].x[k] += dt * body[i].v[k];
}

int main(int argc, char **argv) {
  body[0].mass = 40;
  for (int i = 1; i < BODIES; i++) {
    double r = 4.0 * i + 1;
    body[i].x[0] = r;
    body[i].x[2] = 0.1 * i;
    body[i].v[1] = sqrt(40 / r);
    body[i].mass = 0.01 / i;
  }
  for (long n = work(argc, argv) * 1000; n > 0; n--) step(0.001);
  printf("%.12f\n", energy());
}
