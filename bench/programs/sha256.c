/* SHA-256 (FIPS 180-4) of argv[1] MiB, plain C. The constants are made from the primes, in integers. */
#include "bench.h"

static uint32_t k[64], h[8];

static uint32_t rotate(uint32_t x, int n) {
  return x >> n | x << (32 - n);
}

/* The first 32 bits of the fraction of the root of `p`: the integer whose square or cube is next below p * 2^(32 * power). */
static uint32_t fraction(int p, int power) {
  unsigned __int128 low = 0, high = (unsigned __int128)20 << 32;
  while (high - low > 1) {
    unsigned __int128 middle = (low + high) / 2;
    int below;
    if (power == 2) below = middle * middle <= (unsigned __int128)p << 64;
    else below = middle * middle / ((unsigned __int128)1 << 20) * middle <= (unsigned __int128)p << 76;
    if (below) low = middle;
    else high = middle;
  }
  return (uint32_t)low;
}

static void constants(void) {
  int found = 0;
  for (int p = 2; found < 64; p++) {
    int prime = 1;
    for (int d = 2; d * d <= p; d++) prime &= p % d != 0;
    if (!prime) continue;
    if (found < 8) h[found] = fraction(p, 2);
    k[found++] = fraction(p, 3);
  }
}

static void block(const uint8_t *p) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++) w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 64; i++) {
    uint32_t a = w[i - 15], b = w[i - 2];
    w[i] = w[i - 16] + w[i - 7] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
  }
  memcpy(s, h, sizeof s);
  for (int i = 0; i < 64; i++) {
    uint32_t e = s[4], a = s[0];
    uint32_t t = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
    uint32_t u = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
    memmove(s + 1, s, 7 * sizeof *s);
    s[4] += t;
    s[0] = t + u;
  }
  for (int i = 0; i < 8; i++) h[i] += s[i];
}

int main(int argc, char **argv) {
  static uint8_t data[1 << 20];
  constants();
  for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t)next_random();
  for (long n = work(argc, argv); n > 0; n--)
    for (unsigned i = 0; i < sizeof data; i += 64) block(data + i);
  for (int i = 0; i < 8; i++) printf("%08x", h[i]);
  puts("");
}
