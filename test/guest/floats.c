// build: gcc -O1 -lm
// build: gcc -O2 -static -lm
// build: gcc -O2 -mfpmath=387 -lm
// build: musl-gcc -O1 -static
#include "check.h"
#include <fenv.h>
#include <float.h>
#include <math.h>

static void bits(const char *what, double d) {
  uint64_t u;
  memcpy(&u, &d, 8);
  printf("%s %.17g %016llx\n", what, d, (unsigned long long)u);
}
static void lbits(const char *what, long double d) {
  uint64_t u[2] = {0};
  memcpy(u, &d, 10);
  printf("%s %.21Lg %04llx%016llx\n", what, d, (unsigned long long)u[1], (unsigned long long)u[0]);
}

int main(void) {
  volatile double values[] = {0.0, -0.0, 1, -1.5, 0.1, 1e300, -1e-300, 4.9e-324, 2.2250738585072014e-308, 123456789.125,
                              1.0 / 0.0, -1.0 / 0.0, 0.5, 1.5, 2.5, 1e15 + 0.5, 9007199254740993.0, 3.14159265358979};
  int n = sizeof values / sizeof *values;
  for (int i = 0; i < n; i++) {
    volatile double v = values[i];
    printf("%g %e %f %a %.3f %10.2e|%-12g|%+g|%#g\n", v, v, v, v, v, v, v, v, v);
    bits("sqrt", sqrt(fabs(v)));
    bits("floor", floor(v));
    bits("ceil", ceil(v));
    bits("rint", rint(v));
    bits("trunc", trunc(v));
    bits("round", round(v));
    bits("exp", exp(v / 100));
    bits("sin", sin(v));
    bits("atan", atan(v));
    bits("log", log(fabs(v)));
    bits("cbrt", cbrt(v));
    bits("fmod", fmod(v, 0.7));
    bits("float", (float)v);
    bits("tenth", v / 10);
    int e;
    bits("frexp", frexp(v, &e));
    bits("nextafter", nextafter(v, 1));
    printf("class %d %d %d\n", fpclassify(v), !!signbit(v), isnormal(v));
    lbits("long third", v / 3.0L);
    lbits("long sqrt", sqrtl(fabsl(v)));
    lbits("long sin", sinl(v));
    lbits("long exp", expl(v / 100));
    lbits("long log", logl(fabsl(v)));
    lbits("long atan2", atan2l(v, 3));
    lbits("long tan", tanl(v / 4));
    lbits("long rint", rintl(v));
    lbits("long fmod", fmodl(v, 0.3L));
    for (int j = 0; j < n; j += 3) {
      volatile double w = values[j];
      if (!isnan(v * w)) bits("mul", v * w);
      if (!isnan(v + w)) bits("add", v + w);
      bits("pow", pow(fabs(v), w / 100));
      bits("hypot", hypot(v, w));
      printf("compare %d%d%d%d %g %g\n", v < w, v <= w, v == w, isunordered(v, w), fmin(v, w), fmax(v, w));
    }
  }
  volatile double in = -2.5;
  int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
  for (int i = 0; i < 4; i++) {
    fesetround(modes[i]);
    volatile double third = 1.0, three = 3;
    volatile long double l = 1, l3 = 3;
    bits("third", third / three);
    lbits("third", l / l3);
    printf("%ld %lld %g\n", lrint(in), llrint(in + 1e10), nearbyint(in));
  }
  fesetround(FE_TONEAREST);
  feclearexcept(FE_ALL_EXCEPT);
  volatile double zero = 0, one = 1, big = 1e308, small = 1e-308;
  volatile double result = one / zero;
  printf("divbyzero %d\n", fetestexcept(FE_ALL_EXCEPT) == FE_DIVBYZERO);
  feclearexcept(FE_ALL_EXCEPT);
  result = big * big;
  printf("overflow %x\n", fetestexcept(FE_ALL_EXCEPT));
  feclearexcept(FE_ALL_EXCEPT);
  result = small * small;
  printf("underflow %x\n", fetestexcept(FE_ALL_EXCEPT));
  feclearexcept(FE_ALL_EXCEPT);
  result = zero / zero;
  printf("invalid %x nan %d\n", fetestexcept(FE_ALL_EXCEPT), isnan(result));
  feclearexcept(FE_ALL_EXCEPT);
  result = sqrt(-one);
  printf("sqrt %x\n", fetestexcept(FE_ALL_EXCEPT) & FE_INVALID);
  volatile double huge = 1e20, nan = NAN;
  printf("%d %ld %u %d\n", (int)(in * 1.9), (long)(big / 1e290), (unsigned)4e9, (int)(float)in);

  const char *texts[] = {"1e400", "0x1.8p3", "nan", "inf", "-infinity", "1e-400", "3.14159265358979323846264338", "  12abc",
                         "0.1", "1.7976931348623157e308", "5e-324", ".5", "1e", "+", "123456789012345678901234567890"};
  for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
    char *end;
    errno = 0;
    bits("strtod", strtod(texts[i], &end));
    printf("left \"%s\" errno %d\n", end, errno);
    lbits("strtold", strtold(texts[i], &end));
    printf("%.9g\n", strtof(texts[i], NULL));
  }
  printf("%Lf %Le %La %.30Lg\n", 1.1L, 1e4000L, 1.0L, 0.1L);
  printf("%d %d %d %Lg %Lg\n", LDBL_DIG, LDBL_MANT_DIG, LDBL_MAX_EXP, LDBL_MAX, LDBL_MIN);
  __int128 wide = (__int128)1 << 100;
  printf("%g %Lg %lld\n", (double)wide, (long double)wide, (long long)(wide / 1234567890123456789LL));
  volatile long double ld = 18446744073709551615.0L;
  printf("%llu %lld %d\n", (unsigned long long)ld, (long long)-9.2e18L, (short)-12345.678L);
  // A long series: every rounding counts.
  double x = 0.3, sum = 0;
  for (int i = 1; i < 20000; i++) {
    x = 3.99 * x * (1 - x);
    sum += sin(x) / i + sqrt(x) * exp(-x);
  }
  bits("chaos", x);
  bits("sum", sum);
  return 0;
}
