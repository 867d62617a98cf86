/*
 * Runs instructions on this machine's processor. Batches of trials come in a file that is shared with the one who asks
 * (descriptor 3), and results go there; stdin and stdout say how much. Layouts are those of layout.ts; all numbers are
 * little-endian.
 *
 * A trial's state is loaded by XRSTOR, moves and IRETQ, its code ends in an INT3 (or faults earlier), and the signal handler
 * takes the state out of the signal frame, which is exact. The handler then jumps back to the loop instead of returning.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096
#define DATA_LOW 0x10000000ul
#define DATA_HIGH 0x700010000000ul
#define DATA_PAGES 4 /* the last one is read-only */
#define DATA_SIZE (DATA_PAGES * PAGE)
#define CODE_AT 0x20000000ul
#define CODE_PAGES 2
#define CODE_SIZE (CODE_PAGES * PAGE)
#define FRAME_AT 0x5a7f0000ul /* a return to a stack of 16 bits keeps the rest of RSP; no sum of addresses of data leads here */
#define FX_USED 160 /* bytes of the FXSAVE image before the XMM registers */
#define XSAVE_YMM 576
#define X87_SSE_AVX 7

struct state {
  uint64_t gpr[16];
  uint32_t rflags;
  uint32_t world; /* segments that the code runs with */
  uint64_t fsbase, gsbase;
  uint64_t rip; /* in a trial: u32 offset of the code, u32 its length */
  uint8_t fx[FX_USED];
  uint8_t ymm[16][32];
};
/* The code follows, padded to 8 bytes, then the patches. */
struct trial {
  struct state state;
  uint32_t patches, patch_bytes;
  uint8_t code[];
};
struct result {
  struct state state;
  uint32_t signo, code;
  uint64_t addr;
  uint32_t trapno, err;
  uint32_t changes, change_bytes;
};

/* What enter() loads; named in its assembly. */
uint64_t load_gpr[16], host_rsp;
uint16_t load_sel[3]; /* DS, ES, FS */
static uint64_t *load_frame;
uint8_t load_fp[4096] __attribute__((aligned(64)));

static struct result *out;
static volatile uint64_t serial, watched;
static volatile int running;

/*
 * Segment bases: by instructions where the kernel lets programs use them, else by system calls, which cost: then they are
 * set only where they change, and asked for only where the code could have changed them. A trial's stay until the next
 * one's, and the host's come back after each batch: in between nothing may touch thread-local storage.
 */
static int fsgsbase, asks, apart;
static uint64_t fs_now, gs_now, host_fs;
static long base_call(long what, uint64_t arg) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(SYS_arch_prctl), "D"(what), "S"(arg) : "rcx", "r11", "memory");
  return r;
}
static void get_bases(void) {
  if (fsgsbase) __asm__ volatile("rdfsbase %0; rdgsbase %1" : "=r"(fs_now), "=r"(gs_now));
  else if (asks) {
    base_call(ARCH_GET_FS, (uint64_t)&fs_now);
    base_call(ARCH_GET_GS, (uint64_t)&gs_now);
  }
}
static void set_bases(uint64_t fs, uint64_t gs) {
  if (fsgsbase) __asm__ volatile("wrfsbase %0; wrgsbase %1" : : "r"(fs), "r"(gs));
  else {
    if (fs != fs_now || apart) base_call(ARCH_SET_FS, fs);
    if (gs != gs_now || apart) base_call(ARCH_SET_GS, gs);
  }
  fs_now = fs;
  gs_now = gs;
}
/* MOV and POP to segment registers, LFS and LGS: what could be one, wherever it begins. */
static int loads_segments(const uint8_t *code, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) {
    if (code[i] == 0x8e) return 1;
    const uint8_t next = i + 1 < length ? code[i + 1] : 0;
    if (code[i] == 0x0f && (next == 0xa1 || next == 0xa9 || next == 0xb4 || next == 0xb5)) return 1;
  }
  return 0;
}

void enter(void);
__asm__(
    ".text\n"
    "enter:\n"
    "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "  mov %rsp, host_rsp(%rip)\n"
    "  mov $7, %eax; xor %edx, %edx\n"
    "  xrstor load_fp(%rip)\n"
    "  mov load_gpr+0(%rip), %rax; mov load_gpr+8(%rip), %rcx\n"
    "  mov load_gpr+16(%rip), %rdx; mov load_gpr+24(%rip), %rbx\n"
    "  mov load_gpr+40(%rip), %rbp; mov load_gpr+48(%rip), %rsi\n"
    "  mov load_gpr+56(%rip), %rdi; mov load_gpr+64(%rip), %r8\n"
    "  mov load_gpr+72(%rip), %r9; mov load_gpr+80(%rip), %r10\n"
    "  mov load_gpr+88(%rip), %r11; mov load_gpr+96(%rip), %r12\n"
    "  mov load_gpr+104(%rip), %r13; mov load_gpr+112(%rip), %r14\n"
    "  mov load_gpr+120(%rip), %r15\n"
    "  mov $0x5a7f0000, %esp\n"
    "  iretq\n"
    "leave:\n"
    "  mov host_rsp(%rip), %rsp\n"
    "  fninit\n"
    "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
    "  push $0x202; popfq\n"
    "  ret\n");
void leave(void) __attribute__((noreturn));

/* Linux leaves AC as the trial set it: clear it before any access that is not aligned. */
void on_signal(int, siginfo_t *, void *);
__asm__(
    "on_signal:\n"
    "  pushfq\n"
    "  andl $~0x40000, (%rsp)\n"
    "  popfq\n"
    "  jmp handler\n");

/* Encoding order RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
static const int ORDER[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static void capture(int signo, const siginfo_t *info, const ucontext_t *uc) {
  const greg_t *g = uc->uc_mcontext.gregs;
  struct state *s = &out->state;
  for (int i = 0; i < 16; i++) s->gpr[i] = g[ORDER[i]];
  s->rflags = g[REG_EFL];
  s->rip = g[REG_RIP];
  uint16_t sel[6];
  /* The frame has none of these four. */
  __asm__("mov %%es, %0; mov %%ds, %1; mov %%fs, %2; mov %%gs, %3"
          : "=r"(sel[0]), "=r"(sel[3]), "=r"(sel[4]), "=r"(sel[5]));
  sel[1] = g[REG_CSGSFS];
  sel[2] = g[REG_CSGSFS] >> 48;
  const uint8_t *fp = (const uint8_t *)uc->uc_mcontext.fpregs;
  uint64_t present;
  memcpy(&present, fp + 512, 8);
  memcpy(s->fx, fp, FX_USED);
  if (!(present & 1)) { /* initial configuration */
    memset(s->fx, 0, 24);
    memset(s->fx + 32, 0, 128);
    s->fx[0] = 0x7f;
    s->fx[1] = 0x03;
  }
  for (int i = 0; i < 16; i++) {
    if (present & 2) memcpy(s->ymm[i], fp + 160 + 16 * i, 16);
    else memset(s->ymm[i], 0, 16);
    if (present & 4) memcpy(s->ymm[i] + 16, fp + XSAVE_YMM + 16 * i, 16);
    else memset(s->ymm[i] + 16, 0, 16);
  }
  /* Where the image has nothing: behind the x87 registers. */
  for (int i = 0; i < 6; i++) memcpy(s->fx + 32 + 16 * i + 10, &sel[i], 2);
  out->signo = signo == SIGVTALRM ? SIGALRM : signo;
  out->code = info->si_code;
  out->addr = (uint64_t)info->si_addr;
  out->trapno = g[REG_TRAPNO];
  out->err = g[REG_ERR];
}

__attribute__((used)) void handler(int signo, siginfo_t *info, void *context) {
  if (!running) {
    if (signo == SIGVTALRM) return;
    signal(signo, SIG_DFL);
    return;
  }
  if (signo == SIGVTALRM && watched != serial) {
    watched = serial;
    return;
  }
  get_bases();
  capture(signo, info, context);
  out->state.fsbase = fs_now;
  out->state.gsbase = gs_now;
  running = 0;
  leave();
}

/*
 * Segments by world: CS, SS, DS, ES, FS. The first is Linux's 64-bit code, the second its 32-bit code; the others are made
 * by modify_ldt(2). segments.ts has the same.
 */
#define LDT(n) ((n)*8 + 7)
static const uint16_t WORLDS[][5] = {
    {0x33, 0x2b, 0, 0, 0},
    {0x23, 0x2b, 0x2b, 0x2b, 0x2b},
    {LDT(0), LDT(2), LDT(3), LDT(5), LDT(4)},
    {LDT(1), LDT(6), 0x2b, LDT(3), LDT(7)},
};
/* Base, limit, contents (0 data, 1 down, 2 code), big, read-only, in pages, not present. */
static const uint32_t ENTRIES[][7] = {
    {CODE_AT, CODE_SIZE - 1, 2, 0, 0, 0, 0},
    {CODE_AT, CODE_SIZE - 1, 2, 1, 0, 0, 0},
    {DATA_LOW, 0x3fff, 0, 0, 0, 0, 0},
    {DATA_LOW, 0x2fff, 0, 1, 0, 0, 0},
    {DATA_LOW + 0x100, 0x1ffe, 0, 1, 0, 0, 0},
    {DATA_LOW, 0xfff, 1, 0, 0, 0, 0},
    {DATA_LOW, 0x3, 0, 1, 0, 1, 0},
    {DATA_LOW, 0x2fff, 0, 1, 1, 0, 0},
    {DATA_LOW, 0x2fff, 0, 1, 0, 0, 1},
    {CODE_AT, 1, 2, 1, 0, 1, 1},
    {CODE_AT, 1, 2, 1, 1, 1, 0},
};
static void make_segments(void) {
  for (unsigned i = 0; i < sizeof ENTRIES / sizeof *ENTRIES; i++) {
    const uint32_t *e = ENTRIES[i];
    struct user_desc d = {.entry_number = i, .base_addr = e[0], .limit = e[1], .contents = e[2], .seg_32bit = e[3]};
    d.read_exec_only = e[4];
    d.limit_in_pages = e[5];
    d.seg_not_present = e[6];
    syscall(SYS_modify_ldt, 0x11, &d, sizeof d);
  }
}
/* Kernels can do without 32-bit code, and some virtual machines take a local table and don't use it. */
static int has_world(unsigned world) {
  unsigned access;
  uint8_t known;
  if (world >= sizeof WORLDS / sizeof *WORLDS) return 0;
  __asm__("lar %2, %0; setz %1" : "=r"(access), "=q"(known) : "r"((unsigned)WORLDS[world][0]) : "cc");
  return known;
}

/* Between trials the data pages are as `base`, and `before` is, too; the code pages are as `wanted`. */
static uint8_t *data, *code;
static uint8_t base[DATA_SIZE], before[DATA_SIZE], wanted[CODE_SIZE];
static uint32_t code_at, code_length;

static void *map(uint64_t at, size_t size, int prot, int fd) {
  void *p = mmap((void *)at, size, prot, MAP_SHARED | (at ? MAP_FIXED_NOREPLACE : 0), fd, 0);
  if (p == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return p;
}

/* System calls out of a trial's code become SIGSYS. */
static void trap_calls(void) {
  struct sock_filter f[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, CODE_AT, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, CODE_AT + CODE_SIZE, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof f / sizeof *f, f};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
    perror("seccomp");
    exit(1);
  }
}

static void setup(long period) {
  int fd = memfd_create("data", 0), cd = memfd_create("code", 0);
  if (ftruncate(fd, DATA_SIZE) || ftruncate(cd, CODE_SIZE)) exit(1);
  const uint64_t at[2] = {DATA_LOW, DATA_HIGH};
  for (int i = 0; i < 2; i++) {
    map(at[i], DATA_SIZE, PROT_READ | PROT_WRITE, fd);
    mprotect((void *)(at[i] + DATA_SIZE - PAGE), PAGE, PROT_READ);
    /* Present from the start: error codes tell. */
    for (int k = 0; k < DATA_PAGES; k++) (void)*(volatile uint8_t *)(at[i] + k * PAGE);
  }
  data = map(0, DATA_SIZE, PROT_READ | PROT_WRITE, fd);
  map(CODE_AT, CODE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, cd);
  code = map(0, CODE_SIZE, PROT_READ | PROT_WRITE, cd);
  memset(code, 0xcc, CODE_SIZE);
  memset(wanted, 0xcc, CODE_SIZE);
  /* The kernel cannot return to a stack pointer that is not canonical: no fault may be needed to fetch. */
  for (int k = 0; k < CODE_PAGES; k++) *(volatile uint8_t *)(CODE_AT + k * PAGE) = 0xcc;
  stack_t st = {.ss_sp = malloc(1 << 17), .ss_size = 1 << 17};
  sigaltstack(&st, 0);
  struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
  const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGVTALRM, SIGSYS};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &sa, 0);
  /* A trial that still runs at the second tick is stopped. Ticks count the time that it had a processor. */
  struct itimerval tick = {{0, period}, {0, period}};
  setitimer(ITIMER_VIRTUAL, &tick, 0);
  fsgsbase = (getauxval(AT_HWCAP2) & 2) != 0;
  base_call(ARCH_GET_FS, (uint64_t)&host_fs);
  make_segments();
  load_frame = mmap((void *)FRAME_AT, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (load_frame != (void *)FRAME_AT) exit(1);
  trap_calls();
}

static void all(ssize_t (*io)(int, void *, size_t), int fd, void *at, size_t n) {
  while (n) {
    ssize_t r = io(fd, at, n);
    if (r < 0 && errno == EINTR) continue;
    if (r <= 0) exit(r < 0);
    at = (char *)at + r;
    n -= r;
  }
}
static ssize_t put(int fd, void *at, size_t n) { return write(fd, at, n); }

static uint32_t padded(uint32_t n) { return (n + 7) & ~7u; }

/* Calls for each patch of a trial: copies it to both images of the data pages, or what was there before. */
static void patch(const struct trial *t, int undo) {
  const uint8_t *p = t->code + padded(code_length);
  for (uint32_t i = 0; i < t->patches; i++) {
    uint16_t off, n;
    memcpy(&off, p, 2);
    memcpy(&n, p + 2, 2);
    const uint8_t *from = undo ? base + off : p + 8;
    memcpy(data + off, from, n);
    memcpy(before + off, from, n);
    p += 8 + padded(n);
  }
}

/* Many trials in a row have the same code. */
static void place_code(const struct trial *t) {
  uint32_t where, length;
  memcpy(&where, &t->state.rip, 4);
  memcpy(&length, (const uint8_t *)&t->state.rip + 4, 4);
  if (where == code_at && length == code_length && !memcmp(wanted + where, t->code, length)) return;
  memset(wanted + code_at, 0xcc, code_length);
  memset(code + code_at, 0xcc, code_length);
  memcpy(wanted + where, t->code, length);
  memcpy(code + where, t->code, length);
  code_at = where;
  code_length = length;
  asks = loads_segments(t->code, length);
}

static void load(const struct trial *t) {
  memcpy(load_gpr, t->state.gpr, sizeof load_gpr);
  const uint16_t *sel = WORLDS[t->state.world];
  load_frame[0] = (sel[0] & 4 ? 0 : CODE_AT) + code_at;
  load_frame[1] = sel[0];
  load_frame[4] = sel[1];
  memcpy(load_sel, sel + 2, sizeof load_sel);
  load_frame[2] = t->state.rflags;
  load_frame[3] = t->state.gpr[4];
  memcpy(load_fp, t->state.fx, FX_USED);
  for (int i = 0; i < 16; i++) {
    memcpy(load_fp + 160 + 16 * i, t->state.ymm[i], 16);
    memcpy(load_fp + XSAVE_YMM + 16 * i, t->state.ymm[i] + 16, 16);
  }
  load_fp[512] = X87_SSE_AVX;
}

/* Writes what changed in the data pages, and puts it back; returns the end. */
static uint8_t *changes(uint8_t *q) {
  out->changes = 0;
  for (int i = 0; i < DATA_SIZE; i += 256) {
    if (!memcmp(data + i, before + i, 256)) continue;
    for (int k = i; k < i + 256; k += 8) {
      if (!memcmp(data + k, before + k, 8)) continue;
      uint64_t head = k;
      memcpy(q, &head, 8);
      memcpy(q + 8, data + k, 8);
      q += 16;
      out->changes++;
    }
    memcpy(data + i, before + i, 256);
  }
  return q;
}

/* Runs one trial once; returns the end of its result. */
static uint8_t *once(const struct trial *t, uint8_t *to) {
  place_code(t);
  patch(t, 0);
  load(t);
  out = (struct result *)to;
  serial++;
  running = 1;
  /* If it, or the one before it, has segments of its own. */
  const int own = t->state.world || asks;
  apart |= own;
  if (apart)
    __asm__ volatile("mov %0, %%ds; mov %1, %%es; mov %2, %%fs; mov %2, %%gs"
                     :
                     : "r"(load_sel[0]), "r"(load_sel[1]), "r"(load_sel[2]));
  if (!t->state.world) set_bases(t->state.fsbase, t->state.gsbase);
  enter();
  apart = own;
  if (memcmp(code, wanted, CODE_SIZE)) memcpy(code, wanted, CODE_SIZE);
  uint8_t *q = changes(to + sizeof(struct result));
  out->change_bytes = q - to - sizeof(struct result);
  patch(t, 1);
  return q;
}

/*
 * A hypervisor executes an instruction of its guest by software now and then, here one in some ten thousand, and says #UD
 * of what its software doesn't know, as KVM's INT3 of 64-bit code and AVX: what a processor does not know it never knows.
 */
#define UD 6
#define UD_TIMES 4
static uint8_t *run(const struct trial *t, uint8_t *to) {
  uint8_t *end = once(t, to);
  for (int i = 1; i < UD_TIMES && out->trapno == UD; i++) end = once(t, to);
  return end;
}

int main(int argc, char **argv) {
  if (argc > 2 && !strcmp(argv[1], "world")) {
    make_segments();
    return !has_world(atoi(argv[2]));
  }
  if (argc != 4) return 2;
  const size_t in_size = atol(argv[2]), out_size = atol(argv[3]);
  uint8_t *in = map(0, in_size + out_size, PROT_READ | PROT_WRITE, 3);
  uint8_t *results = in + in_size;
  setup(atol(argv[1]));
  all(read, 0, base, DATA_SIZE);
  memcpy(data, base, DATA_SIZE);
  memcpy(before, base, DATA_SIZE);
  for (;;) {
    uint32_t trials;
    all(read, 0, &trials, 4);
    uint8_t *q = results;
    apart = 1;
    const uint8_t *p = in;
    /* As many as there is surely room for. */
    for (; trials && results + out_size - q >= (long)sizeof(struct result) + 2 * DATA_SIZE; trials--) {
      const struct trial *t = (const struct trial *)p;
      q = run(t, q);
      p = t->code + padded(code_length) + t->patch_bytes;
    }
    base_call(ARCH_SET_FS, fs_now = host_fs);
    uint32_t size = q - results;
    all(put, 1, &size, 4);
  }
}
