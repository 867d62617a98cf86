/* CRC-32 by a table of 256 words, over argv[1] MiB. */
#include "bench.h"

int main(int argc, char **argv) {
  static uint8_t data[1 << 20];
  static uint32_t table[256];
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; bit++) c = c >> 1 ^ (c & 1 ? 0xedb88320u : 0);
    table[i] = c;
  }
  for (unsigned i = 0; i < sizeof data; i++) data[i] = (uint8_t)next_random();
  uint32_t crc = ~0u;
  for (long n = work(argc, argv); n > 0; n--)
    for (unsigned i = 0; i < sizeof data; i++) crc = crc >> 8 ^ table[(crc ^ data[i]) & 255];
  printf("%08x\n", ~crc);
}
