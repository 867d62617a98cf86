// build: gcc -O1

/* Which components XSAVE and its kin find in use, and what of the area they write. */
#include "check.h"

static uint8_t area[4096] __attribute__((aligned(64))), initial[4096] __attribute__((aligned(64)));

static void show(const char *name, const char *how) {
  uint64_t present;
  memcpy(&present, area + 512, 8);
  printf("%s, %s: %llx, fcw %02x%02x mxcsr %02x%02x ftw %02x xmm0 %02x ymm0 %02x\n", name, how,
         (unsigned long long)present, area[1], area[0], area[25], area[24], area[4], area[160], area[576]);
}
static void clear(void) {
  memset(area, 0xee, sizeof area);
  memset(area + 512, 0, 64);
  memset(initial, 0, sizeof initial);
  initial[24] = 0x80, initial[25] = 0x1f;
}
#define SAVE(name, code, save)                                                                                         \
  clear();                                                                                                              \
  __asm__ volatile("xrstor %1\n" code "\n" save " %0" : "+m"(area) : "m"(initial), "a"(7), "d"(0) : "memory");            \
  show(name, save)
#define CASE(name, code)                                                                                               \
  SAVE(name, code, "xsave");                                                                                            \
  SAVE(name, code, "xsaveopt");                                                                                         \
  SAVE(name, code, "xsavec")

int main(void) {
  CASE("nothing", "");
  CASE("xmm0", "vpcmpeqb %%xmm0, %%xmm0, %%xmm0");
  CASE("ymm0", "vpcmpeqb %%ymm0, %%ymm0, %%ymm0");
  CASE("upper halves cleared", "vpcmpeqb %%ymm0, %%ymm0, %%ymm0; vzeroupper");
  CASE("a number on the stack", "fld1");
  CASE("all", "vpcmpeqb %%ymm0, %%ymm0, %%ymm0; fldz");
  return 0;
}
