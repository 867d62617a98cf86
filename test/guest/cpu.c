// build: gcc -O1 -no-pie
// The program is not position-independent, so that addresses are the same in every run.
// Instructions that compilers rarely write, and their corner cases.
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
  static unsigned long memory[16];
  static char text[64] = "the quick brown fox jumps over the lazy dog", copy[64];
  RUN("add %%ebx,%%eax", FLAGS, a = 0xffffffffffffffff; b = 1);
  RUN("add %%bl,%%ah", FLAGS, a = 0xff80; b = 0x80);
  RUN("adc %%rbx,%%rax", FLAGS, a = -1; b = 0; flags |= 1);
  RUN("sbb %%bx,%%ax", FLAGS, a = 0x8000; b = 0; flags |= 1);
  RUN("neg %%al", FLAGS, a = 0x80);
  RUN("inc %%ax", FLAGS, a = 0x7fff; flags |= 1);
  RUN("mul %%ebx", 0x801, a = 0xffffffff; b = 0xffffffff);
  RUN("imul %%rbx", 0x801, a = -5; b = 0x4000000000000000);
  RUN("imul $-3,%%bx,%%ax", 0x801, b = 0x5555);
  RUN("div %%rbx", 0, a = 1; d = 5; b = 0x123456789abcdef);
  RUN("idiv %%ebx", 0, a = -100; d = -1; b = 7);
  RUN("div %%bl", 0, a = 1000; b = 13);
  RUN("shl %%cl,%%eax", 1, a = 0x80000001; c = 33);
  RUN("sar %%cl,%%al", 1, a = 0x80; c = 20);
  RUN("rcl %%cl,%%al", 1, a = 0x81; c = 10; flags |= 1);
  RUN("rcr $1,%%rax", 0x801, a = 1; flags |= 1);
  RUN("rol %%cl,%%ax", 1, a = 0x1234; c = 20);
  RUN("shld %%cl,%%rbx,%%rax", 1, a = 0x123456789; b = 0xfedcba9876543210; c = 68);
  RUN("shrd $5,%%ebx,%%eax", 1, a = 0x1f; b = 0x15);
  RUN("shl %%cl,%%rax", FLAGS, a = 5; c = 64; flags |= FLAGS);
  RUN("bt %%rbx,%%rax", 1, a = 0x10; b = 68);
  RUN("bts %%rbx,(%%rdx); mov -8(%%rdx),%%rax", 1, d = (long)(memory + 4); b = -3);
  RUN("btc $9,%%ax", 1, a = 0x200);
  RUN("bsf %%rbx,%%rax", 0x40, a = 77; b = 0);
  RUN("bsr %%ebx,%%eax", 0x40, b = 0x12345);
  RUN("popcnt %%rbx,%%rax", FLAGS, b = 0x123456789abcdef);
  RUN("cmpxchg %%ebx,%%ecx", FLAGS, a = 0x1ffffffff; b = 5; c = 0xffffffff);
  RUN("cmpxchg %%ebx,%%ecx", FLAGS, a = 0x100000001; b = 5; c = 0xffffffff00000002);
  RUN("lock xadd %%rax,(%%rdx); mov (%%rdx),%%rbx", FLAGS, d = (long)memory; a = 5);
  unsigned long low = 1, high = 2;
  unsigned char equal;
  static unsigned long pair[2] __attribute__((aligned(16))) = {1, 2};
  for (int i = 0; i < 2; i++) {
    __asm__ volatile("lock cmpxchg16b %0; sete %1" : "+m"(pair), "=q"(equal), "+a"(low), "+d"(high) : "b"(5L), "c"(6L));
    printf("cmpxchg16b %d %lx %lx %lx %lx\n", equal, low, high, pair[0], pair[1]);
  }
  RUN("bswap %%eax", 0, a = 0xffffffff12345678);
  RUN("cbw", 0, a = 0xff80);
  RUN("cwde", 0, a = 0x8000);
  RUN("cqo", 0, a = 1L << 63);
  RUN("xlat", 0, a = 4; b = (long)text);
  RUN("lahf", 0, a = 0; flags |= 0xd5);
  RUN("sahf", FLAGS, a = 0xff00);
  RUN("cmc; setc %%al; seto %%ah", 1, flags |= 0x801);
  RUN("mov $-1,%%eax; movsx %%al,%%bx; movzx %%ax,%%ecx; movslq %%eax,%%rdx", 0, b = -1);
  RUN("xchg %%ah,%%bl", 0, a = 0x1200; b = 0x34);
  RUN("lea 5(%%rbx,%%rcx,8),%%ax", 0, a = -1; b = 0x10000; c = 3);
  RUN("cmovc %%ebx,%%eax", 0, a = -1; b = 5);
  RUN("loop 1f; mov $1,%%eax; 1:", 0, c = 1);
  RUN("jrcxz 1f; mov $1,%%eax; 1:", 0, c = 0);
  RUN("enter $32,$0; lea (%%rsp),%%rax; sub %%rbp,%%rax; leave", 0, );
  RUN("pushw $0x1234; popw %%ax", 0, );
  RUN("push $-5; pop %%rax", 0, );
  RUN("rdtsc; shl $32,%%rdx; or %%rdx,%%rax; setnz %%al; and $1,%%eax; xor %%edx,%%edx", 0, );
  RUN("xor %%eax,%%eax; cpuid; xor %%eax,%%eax; cmp $0,%%ebx; setne %%al; xor %%ebx,%%ebx; xor %%ecx,%%ecx; xor %%edx,%%edx", 0, );
  RUN("crc32q %%rbx,%%rax", 0, a = 0x12345678; b = 0x123456789abcdef);

#define STRING(name, before, op)                                                                              \
  do {                                                                                                         \
    char *s = text + (before), *t = copy + (before);                                                           \
    unsigned long c = 10, a = 'q', f;                                                                          \
    __asm__ volatile("cmp %%eax,%%eax; " op "; pushfq; pop %4; cld" : "+S"(s), "+D"(t), "+c"(c), "+a"(a), "=r"(f)::"cc", "memory"); \
    printf("%s %ld %ld %ld %lx %lx [%.40s]\n", name, s - text, t - copy, c, a, f & FLAGS, copy + 1);           \
  } while (0)
  memset(copy, '.', 63);
  STRING("movsb", 5, "cld; rep movsb");
  STRING("movsb down", 20, "std; rep movsb");
  STRING("movsw", 0, "cld; rep movsw");
  STRING("cmpsb", 5, "cld; repe cmpsb");
  STRING("cmpsb equal", 0, "cld; mov %%rdi,%%rsi; repe cmpsb");
  STRING("scasb", 5, "cld; mov %%rsi,%%rdi; repne scasb");
  STRING("stosb", 30, "cld; rep stosb");
  STRING("lodsb", 3, "cld; rep lodsb");
  STRING("none", 3, "xor %%ecx,%%ecx; rep movsb");
  STRING("overlap", 3, "cld; lea 1(%%rsi),%%rdi; rep movsb");
  printf("%s\n", text);

  // x87: stack, comparison, constants, transcendental, BCD.
  double st;
  short status;
#define X87(op)                                                                                \
  do {                                                                                         \
    __asm__ volatile("fninit; " op "; fnstsw %1; fstpl %0" : "=m"(st), "=a"(status)::"memory"); \
    printf("%-40s %.17g %04x\n", op, st, (unsigned short)status);                              \
  } while (0)
  X87("fld1; fsin");
  X87("fldpi; fldl2e; fyl2x");
  X87("fld1; fld1; fpatan");
  X87("fldl2t; fldlg2; fscale; fstp %%st(1)");
  X87("fldpi; fxtract; fstp %%st(1)");
  X87("fld1; fldz; fdivrp");
  X87("fldz; fldz; fdivp");
  X87("fldpi; fld1; fprem");
  X87("fldpi; frndint");
  X87("fld1; fchs; fsqrt");
  X87("fld1; fldpi; fcom; fxch; fstp %%st(1)");
  X87("fldpi; fxam");
  X87("fld1; fld1; fld1; fld1; fld1; fld1; fld1; fld1; fld1");
  X87("fldln2; f2xm1");
  X87("fldln2; fptan; fstp %%st(0)");

  // SSE.
#define VECTOR(op)                                                                                              \
  do {                                                                                                          \
    static float x[4] = {1, -2.5, 3e10, 0.1}, y[4] = {3, 2, -1e-5, 0.3}, z[4];                                  \
    __asm__ volatile("movups %1,%%xmm1; movups %2,%%xmm2; xorps %%xmm0,%%xmm0; " op "; movups %%xmm2,%0"        \
                     : "=m"(z)                                                                                  \
                     : "m"(x), "m"(y)                                                                           \
                     : "xmm0", "xmm1", "xmm2");                                                                 \
    unsigned w[4];                                                                                              \
    memcpy(w, z, 16);                                                                                           \
    printf("%-36s %08x %08x %08x %08x\n", op, w[0], w[1], w[2], w[3]);                                          \
  } while (0)
  VECTOR("addps %%xmm1,%%xmm2");
  VECTOR("mulpd %%xmm1,%%xmm2");
  VECTOR("divps %%xmm1,%%xmm2");
  VECTOR("sqrtps %%xmm1,%%xmm2");
  VECTOR("minps %%xmm1,%%xmm2");
  VECTOR("maxpd %%xmm1,%%xmm2");
  VECTOR("subss %%xmm1,%%xmm2");
  VECTOR("addsubps %%xmm1,%%xmm2");
  VECTOR("haddps %%xmm1,%%xmm2");
  VECTOR("cvttps2dq %%xmm1,%%xmm2");
  VECTOR("cvtps2pd %%xmm1,%%xmm2");
  VECTOR("cvtdq2ps %%xmm1,%%xmm2");
  VECTOR("cvtps2dq %%xmm1,%%xmm2");
  VECTOR("paddq %%xmm1,%%xmm2");
  VECTOR("psubusb %%xmm1,%%xmm2");
  VECTOR("pmulhuw %%xmm1,%%xmm2");
  VECTOR("pmaddwd %%xmm1,%%xmm2");
  VECTOR("pmaddubsw %%xmm1,%%xmm2");
  VECTOR("pshufb %%xmm1,%%xmm2");
  VECTOR("psadbw %%xmm1,%%xmm2");
  VECTOR("pmuludq %%xmm1,%%xmm2");
  VECTOR("packuswb %%xmm1,%%xmm2");
  VECTOR("packssdw %%xmm1,%%xmm2");
  VECTOR("pcmpgtb %%xmm1,%%xmm2");
  VECTOR("pcmpeqd %%xmm1,%%xmm2");
  VECTOR("punpcklwd %%xmm1,%%xmm2");
  VECTOR("unpckhps %%xmm1,%%xmm2");
  VECTOR("pavgb %%xmm1,%%xmm2");
  VECTOR("phaddw %%xmm1,%%xmm2");
  VECTOR("psignd %%xmm1,%%xmm2");
  VECTOR("pabsd %%xmm1,%%xmm2");
  VECTOR("pmovsxbw %%xmm1,%%xmm2");
  VECTOR("pshufd $0x1b,%%xmm1,%%xmm2");
  VECTOR("shufps $0x4e,%%xmm1,%%xmm2");
  VECTOR("palignr $5,%%xmm1,%%xmm2");
  VECTOR("roundps $1,%%xmm1,%%xmm2");
  VECTOR("dpps $0xf1,%%xmm1,%%xmm2");
  VECTOR("blendps $5,%%xmm1,%%xmm2");
  VECTOR("insertps $0x9c,%%xmm1,%%xmm2");
  VECTOR("mpsadbw $3,%%xmm1,%%xmm2");
  VECTOR("cmpps $1,%%xmm1,%%xmm2");
  VECTOR("pshuflw $0x93,%%xmm1,%%xmm2");
  VECTOR("psrldq $3,%%xmm2");
  VECTOR("psllq $7,%%xmm2");
  VECTOR("psraw $4,%%xmm2");
  VECTOR("blendvps %%xmm0,%%xmm1,%%xmm2");
  VECTOR("phminposuw %%xmm1,%%xmm2");
  VECTOR("pcmpistrm $0x4c,%%xmm1,%%xmm2; movaps %%xmm0,%%xmm2");
  return 0;
}
