/*
 * A greeting from inside the machine. Static, no C library, so that the whole program is a few kilobytes:
 * what processor and kernel it believes to run on, and the Mandelbrot set, drawn line by line.
 * Build: see the Makefile beside this file.
 */

typedef unsigned long u64;
typedef unsigned int u32;

static long sys3(long nr, long a, long b, long c) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(nr), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return r;
}

enum { SYS_write = 1, SYS_ioctl = 16, SYS_uname = 63, SYS_clock_gettime = 228, SYS_exit_group = 231 };

/* Output is collected and written a screen line at a time. */
static char out[4096];
static u64 used;

static void flush(void) {
  sys3(SYS_write, 1, (long)out, (long)used);
  used = 0;
}
static void put(const char *s) {
  while (*s) {
    out[used++] = *s++;
    if (used == sizeof out) flush();
  }
}
static void number(u64 n, int digits) {
  char buf[24];
  int i = sizeof buf;
  buf[--i] = 0;
  do {
    buf[--i] = '0' + n % 10;
    n /= 10;
    digits--;
  } while (n || digits > 0);
  put(buf + i);
}

static void cpuid(u32 leaf, u32 *r) {
  __asm__("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(0));
}

static void processor(void) {
  u32 brand[13];
  for (u32 i = 0; i < 3; i++) cpuid(0x80000002 + i, brand + 4 * i);
  brand[12] = 0;
  const char *s = (const char *)brand;
  while (*s == ' ') s++;
  put("  processor  ");
  put(s);
  u32 r[4];
  cpuid(1, r);
  static const struct { u32 bit; const char *name; } bits[] = {
      {0, "sse3"}, {1, "pclmul"}, {9, "ssse3"}, {12, "fma"}, {19, "sse4.1"}, {20, "sse4.2"},
      {22, "movbe"}, {23, "popcnt"}, {25, "aes"}, {28, "avx"}, {29, "f16c"}, {30, "rdrand"},
  };
  put("\n  features   sse2");
  for (u32 i = 0; i < sizeof bits / sizeof bits[0]; i++) {
    if (!(r[2] >> bits[i].bit & 1)) continue;
    put(" ");
    put(bits[i].name);
  }
  put("\n");
}

static void system_name(void) {
  static char names[6][65];
  sys3(SYS_uname, (long)names, 0, 0);
  put("  system     ");
  put(names[0]);
  put(" ");
  put(names[2]);
  put(" ");
  put(names[4]);
  put("\n");
  flush();
}

static u64 now(void) {
  long t[2];
  sys3(SYS_clock_gettime, 1, (long)t, 0);
  return (u64)t[0] * 1000000 + (u64)t[1] / 1000;
}

enum { WIDTH = 78, HEIGHT = 30, LIMIT = 1500 };

/* Iterations until the point escapes. */
static int escape(double cr, double ci) {
  double x = 0, y = 0;
  int n = 0;
  while (n < LIMIT && x * x + y * y < 4) {
    double t = x * x - y * y + cr;
    y = 2 * x * y + ci;
    x = t;
    n++;
  }
  return n;
}

static u64 mandelbrot(int color) {
  static const char shades[] = " .,:;i1tfLCG08@";
  u64 total = 0;
  for (int row = 0; row < HEIGHT; row++) {
    int last = -1;
    put("  ");
    for (int col = 0; col < WIDTH; col++) {
      int n = escape(-2.2 + 3.2 * col / WIDTH, -1.2 + 2.4 * row / HEIGHT);
      total += n;
      int shade = n >= LIMIT ? 0 : 1 + n % 14;
      if (color && shade != last) {
        put("\033[38;5;");
        number(n >= LIMIT ? 16 : 17 + (n * 7) % 214, 1);
        put("m");
        last = shade;
      }
      char s[2] = {shades[shade], 0};
      put(s);
    }
    put(color ? "\033[0m\n" : "\n");
    flush();
  }
  return total;
}

void start(void) {
  char termios[64];
  int tty = sys3(SYS_ioctl, 1, 0x5401, (long)termios) == 0;
  put("\n  Hello from a program made for x86-64 Linux.\n\n");
  processor();
  system_name();
  put("\n");
  u64 t = now();
  u64 steps = mandelbrot(tty);
  t = now() - t;
  put("\n  ");
  number(steps, 1);
  put(" iterations in ");
  number(t / 1000, 1);
  put(" ms: ");
  number(t ? steps / t : 0, 1);
  put(" million a second\n\n");
  flush();
  sys3(SYS_exit_group, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n  xor %ebp,%ebp\n  and $-16,%rsp\n  call start\n  hlt\n");
