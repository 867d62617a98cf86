// build: gcc -O1
// What x86-64-v3 adds: BMI, LZCNT, MOVBE, AVX, AVX2, FMA, F16C.
#include "check.h"

#define FLAGS 0x8d5 /* OF SF ZF AF PF CF */

static unsigned long flags;
#define RUN(text, mask, ...)                                                                                \
  do {                                                                                                      \
    unsigned long a = 0, b = 0, c = 0, d = 0;                                                               \
    __VA_ARGS__;                                                                                            \
    __asm__ volatile("push %4; popfq; " text "; pushfq; pop %%rsi; mov %%rsi,%4"                            \
                     : "+a"(a), "+b"(b), "+c"(c), "+d"(d), "+m"(flags)::"rsi", "rdi", "r8", "cc", "memory", \
                       "xmm0", "xmm1", "xmm2", "st");                                                        \
    printf("%-40s a=%lx b=%lx c=%lx d=%lx flags=%lx\n", text, a, b, c, d, flags & (mask));                  \
    flags = 0x202;                                                                                          \
  } while (0)

int main(void) {
  flags = 0x202;
  unsigned long memory[1];
  RUN("movbe %%rax,(%%rdx); mov (%%rdx),%%rbx; xor %%edx,%%edx", 0, a = 0x0102030405060708; d = (long)memory);
  RUN("lzcnt %%bx,%%ax", 0x41, b = 0x12);
  RUN("tzcnt %%rbx,%%rax", 0x41, b = 0);
  RUN("andn %%rbx,%%rax,%%rcx; blsi %%rbx,%%rdx", 0, a = 0xff; b = 0x12340);
  RUN("bextr %%rcx,%%rbx,%%rax; bzhi %%rcx,%%rbx,%%rdx", 0, b = 0x123456789abcdef; c = 0x1008);
  RUN("pdep %%rcx,%%rbx,%%rax; pext %%rcx,%%rbx,%%rdx", 0, b = 0x123456789abcdef; c = 0xf0f0f0f00ff00ff0);
  RUN("mulx %%rbx,%%rax,%%rcx", 0, b = -1; d = -2);
  RUN("rorx $12,%%rbx,%%rax; sarx %%rcx,%%rbx,%%rdx", 0, b = 0x8123456789abcdef; c = 12);
#define VECTOR(op)                                                                                          \
  do {                                                                                                      \
    static float x[8] = {1, -2.5, 3e10, 0.1, -0.0, 7, 1e-30, 5}, y[8] = {3, 2, -1e-5, 0.3, 0.0, -7, 1e30, 2}, z[8]; \
    __asm__ volatile("vmovups %1,%%ymm1; vmovups %2,%%ymm2; vxorps %%ymm0,%%ymm0,%%ymm0; " op "; vmovups %%ymm0,%0; vzeroupper" \
                     : "=m"(z)                                                                              \
                     : "m"(x), "m"(y)                                                                       \
                     : "xmm0", "xmm1", "xmm2");                                                             \
    unsigned w[8];                                                                                          \
    memcpy(w, z, 32);                                                                                       \
    printf("%-36s", op);                                                                                    \
    for (int i = 0; i < 8; i++) printf(" %08x", w[i]);                                                      \
    printf("\n");                                                                                           \
  } while (0)
  VECTOR("vaddps %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vmulpd %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vdivps %%xmm1,%%xmm2,%%xmm0");
  VECTOR("vfmadd213ps %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vmovaps %%ymm1,%%ymm0; vfmsub231pd %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpaddq %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpshufb %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpmaddubsw %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpermd %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vperm2f128 $0x21,%%ymm1,%%ymm2,%%ymm0");
  VECTOR("vcmpltps %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vcvttps2dq %%ymm1,%%ymm0");
  VECTOR("vcvtps2pd %%xmm1,%%ymm0");
  VECTOR("vroundps $1,%%ymm1,%%ymm0");
  VECTOR("vminps %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vsqrtps %%ymm1,%%ymm0");
  VECTOR("vdpps $0xf1,%%ymm1,%%ymm2,%%ymm0");
  VECTOR("vhaddps %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpsadbw %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpmuludq %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpackuswb %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpsrlvd %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpalignr $5,%%ymm1,%%ymm2,%%ymm0");
  VECTOR("vpcmpgtb %%ymm1,%%ymm2,%%ymm0");
  VECTOR("vbroadcastss %%xmm1,%%ymm0");
  VECTOR("addps %%xmm1,%%xmm0");
  VECTOR("vcvtps2ph $0,%%ymm1,%%xmm0");
  return 0;
}
