// build: gcc -O1 -lm
// run: float
// run: double
// run: long

/*
 * Every function of libm at corner and random points under the four rounding modes. A line has a checksum of all results and of
 * the exceptions that they raised. A second argument, a function's name or "all", prints each result, too; a third one says how
 * many points (docs/exactness.md has what was seen at 10,000).
 */
#define _GNU_SOURCE
#include "check.h"
#include <fenv.h>
#include <math.h>

static const int MODES[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
static const char *only;
static long points;
static uint64_t sum, state;

static uint64_t rnd(void) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  uint64_t x = state ^ (state >> 33);
  return x * 0xff51afd7ed558ccdu ^ x >> 29;
}
static void add(const char *name, const void *result, int size, long i) {
  uint64_t part[2] = {0, 0};
  memcpy(part, result, size);
  int flags = fetestexcept(FE_ALL_EXCEPT);
  sum = (sum ^ part[0]) * 0x100000001b3u;
  sum = (sum ^ part[1] ^ (uint64_t)flags << 32) * 0x100000001b3u;
  sum ^= sum >> 31;
  if (only && (!strcmp(only, name) || !strcmp(only, "all")))
    printf("%s %ld: %04llx%016llx %x\n", name, i, (unsigned long long)part[1], (unsigned long long)part[0], flags);
  feclearexcept(FE_ALL_EXCEPT);
}

static const double CORNERS[] = {0.0,     -0.0,   1,     -1,     0.5,     -0.5,   2,      3,        -3,      10,       0.1,
                                 1e-5,    1e5,    1e15,  -1e15,  1e22,    1e-300, 1e300,  4.9e-324, 709.78,  -745.2,   88.72,
                                 -103.97, 1.5,    2.5,   -2.5,   3.14159, 1.5708, 0.7854, 6.2831,   128,     1023,     -1074,
                                 1e-8,    1e-20,  0.99,  1.01,   170.6,   -170.5, 27,     5.5,      1e-40,   -1e-40,   65536,
                                 1e308,   -1e308, 33.25, 1e9 + 1, 2147483647.5, INFINITY, -INFINITY, NAN};
#define NCORNERS (long)(sizeof CORNERS / sizeof *CORNERS)

#define TYPE(T, S, F)                                                                                                \
  static T point_##T##S(long i) {                                                                                       \
    if (i < NCORNERS) return (T)CORNERS[i];                                                                             \
    uint64_t u = rnd();                                                                                                 \
    T v = (T)(int64_t)rnd() / (T)9223372036854775808.0;                                                                 \
    int e = u & 1 ? (int)(u >> 1 & 7) - 3 : u & 2 ? (int)(u >> 2 & 63) - 32 : (int)(u >> 2 & 2047) - 1024;              \
    return F(v, e);                                                                                                     \
  }
typedef long double longdouble;
TYPE(float, f, ldexpf)
TYPE(double, , ldexp)
TYPE(longdouble, l, ldexpl)

#define ONE(f) EACH(T_, S_, N_, #f, CAT(f, S_)(x), T_)
#define TWO(f) EACH(T_, S_, N_, #f, CAT(f, S_)(x, y), T_)
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define EACH(T, S, N, NAME, EXPRESSION, R) EACH_(T, S, N, NAME, EXPRESSION, R)
#define EACH_(T, S, N, NAME, EXPRESSION, R)                                                                            \
  for (int m = 0; m < 4; m++) {                                                                                         \
    sum = 0;                                                                                                            \
    state = 12345;                                                                                                      \
    for (long i = 0; i < N; i++) {                                                                                      \
      volatile T x = point_##T##S(i), y = point_##T##S((i * 7 + 3) % N), z = point_##T##S((i * 5 + 1) % N);             \
      (void)y, (void)z;                                                                                                 \
      fesetround(MODES[m]);                                                                                             \
      feclearexcept(FE_ALL_EXCEPT);                                                                                     \
      volatile R r = EXPRESSION;                                                                                        \
      R c = r;                                                                                                          \
      add(NAME, &c, sizeof(R) == 16 ? 10 : sizeof(R), i);                                                               \
      fesetround(FE_TONEAREST);                                                                                         \
    }                                                                                                                   \
    printf("%s %d %016llx\n", NAME, m, (unsigned long long)sum);                                                        \
  }

/*
 * Those whose long double form is an x87 function, whose last digits are the processor's own, are in TRANSCENDENTAL: "x87"
 * as the first argument has them, too.
 */
#define PLAIN                                                                                                          \
  ONE(sqrt) ONE(floor) ONE(ceil) ONE(trunc) ONE(round) ONE(rint) ONE(nearbyint) ONE(roundeven) ONE(fabs) ONE(logb)      \
  ONE(cbrt) TWO(fmod) TWO(remainder) TWO(fmin) TWO(fmax) TWO(fdim) TWO(copysign) TWO(nextafter) TWO(drem)               \
  ONE(significand)                                                                                                      \
  EACH(T_, S_, N_, "fma", CAT(fma, S_)(x, y, z), T_)                                                                    \
  EACH(T_, S_, N_, "ldexp", CAT(ldexp, S_)(x, (int)(i % 300) - 150), T_)                                                \
  EACH(T_, S_, N_, "scalbn", CAT(scalbn, S_)(x, (int)(i * 37 % 4000) - 2000), T_)                                       \
  EACH(T_, S_, N_, "frexp", (CAT(frexp, S_)(x, &whole)), T_)                                                            \
  EACH(T_, S_, N_, "modf", (CAT(modf, S_)(x, &part)), T_)                                                               \
  EACH(T_, S_, N_, "remquo", (CAT(remquo, S_)(x, y, &whole)), T_)                                                       \
  EACH(T_, S_, N_, "ilogb", CAT(ilogb, S_)(x), int)                                                                     \
  EACH(T_, S_, N_, "lrint", CAT(lrint, S_)(x), long)                                                                    \
  EACH(T_, S_, N_, "lround", CAT(lround, S_)(x), long)                                                                  \
  EACH(T_, S_, N_, "llrint", CAT(llrint, S_)(x), long long)                                                             \
  EACH(T_, S_, N_, "fpclassify", fpclassify(x), int)
#define SOFT ONE(sin) ONE(cos) ONE(erf) TWO(hypot)
#define TRANSCENDENTAL                                                                                                 \
  ONE(asinh) ONE(erfc) ONE(tan) ONE(asin) ONE(acos) ONE(atan) ONE(exp) ONE(exp2) ONE(exp10) ONE(expm1) ONE(log) ONE(log2) ONE(log10)         \
  ONE(log1p) ONE(sinh) ONE(cosh) ONE(tanh) ONE(acosh) ONE(atanh) ONE(lgamma) ONE(tgamma) ONE(j0) ONE(j1) ONE(y0)        \
  ONE(y1) TWO(pow) TWO(atan2)                                                                                           \
  EACH(T_, S_, N_, "jn", CAT(jn, S_)((int)(i % 7), x), T_)                                                              \
  EACH(T_, S_, N_, "yn", CAT(yn, S_)((int)(i % 7), x), T_)

static void floats(void) {
  int whole;
  float part;
#define T_ float
#define S_ f
#define N_ points
  PLAIN SOFT TRANSCENDENTAL
#undef T_
#undef S_
}
static void doubles(void) {
  int whole;
  double part;
#define T_ double
#define S_
  PLAIN SOFT TRANSCENDENTAL
#undef T_
#undef S_
}
static void longs(int x87) {
  int whole;
  longdouble part;
#define T_ longdouble
#define S_ l
  PLAIN SOFT
  if (x87) {
    TRANSCENDENTAL
  }
}

int main(int argc, char **argv) {
  only = argc > 2 ? argv[2] : 0;
  const char kind = argv[1][0];
  points = argc > 3 ? atol(argv[3]) : kind == 'f' || kind == 'd' ? 600 : 40;
  if (kind == 'f') floats();
  else if (kind == 'd') doubles();
  else longs(kind == 'x');
  return 0;
}
