/*
 * Makes system calls with hostile arguments: calls SEED COUNT. Each burst runs in a child that is killed when its time is up; calls that
 * would only end the child or wait for good are left out.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BURST 400

static uint64_t x;
static uint64_t rnd(void) {
  x ^= x << 13, x ^= x >> 7, x ^= x << 17;
  return x;
}

static char *memory;

static uint64_t argument(void) {
  static const uint64_t odd[] = {0, 1, 2, 7, 8, 63, 64, 65, 255, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff,
                                 0x100000000, 0x7fffffffffff, 0x7ffffffff000, 0x7fffffffffffffff, 0x8000000000000000,
                                 -1, -2, -100, -4096};
  switch (rnd() % 8) {
    case 0: return odd[rnd() % (sizeof odd / sizeof *odd)];
    case 1: return rnd() % 16;
    case 2: return rnd();
    case 3: return (uint64_t)1 << rnd() % 64;
    case 4: return (uint64_t)memory + rnd() % 8192;
    case 5: return (uint64_t)memory + 4096 * (rnd() % 3) - rnd() % 64;
    case 6: return (uint64_t)memory + 8 * (rnd() % 64);
    default: return rnd() % 8 ? rnd() & rnd() & 0xffff : (uint64_t)getpid();
  }
}

static void fill(void) {
  static const char *names[] = {"f", "d", "d/x", ".", "..", "/proc/self/maps", "/dev/zero", "", "link", "no/such"};
  for (int i = 0; i < 8; i++) {
    uint64_t v = argument();
    memcpy(memory + 8 * (rnd() % 1000), &v, 8);
  }
  strcpy(memory + 8 * (rnd() % 64), names[rnd() % 10]);
}

static int left_out(long nr) {
  switch (nr) {
    case SYS_exit: case SYS_exit_group: case SYS_pause: case SYS_rt_sigreturn: case SYS_rt_sigsuspend: case SYS_kill:
    case SYS_tkill: case SYS_tgkill: case SYS_vfork: case SYS_fork: case SYS_clone: case SYS_clone3: case SYS_reboot:
    case SYS_setrlimit: case SYS_prlimit64: case SYS_ptrace: case SYS_rt_sigqueueinfo: case SYS_rt_tgsigqueueinfo:
    case SYS_pidfd_send_signal: case SYS_chroot: case SYS_pivot_root: case SYS_mount: case SYS_umount2: return 1;
  }
  return 0;
}

static void burst(void) {
  memory = mmap(NULL, 12288, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mprotect(memory + 8192, 4096, PROT_NONE);
  int p[2];
  pipe(p);
  socketpair(AF_UNIX, SOCK_STREAM, 0, p);
  socket(AF_INET, SOCK_STREAM, 0);
  memfd_create("m", 0);
  open(".", O_RDONLY);
  for (int i = 0; i < 32; i++) signal(i, SIG_DFL);
  for (int i = 0; i < BURST; i++) {
    long nr = rnd() % 16 ? rnd() % 460 : (long)argument();
    if (left_out((int)nr)) continue;
    fill();
    syscall(nr, argument(), argument(), argument(), argument(), argument(), argument());
  }
  _exit(0);
}

int main(int argc, char **argv) {
  uint64_t seed = strtoull(argv[1], NULL, 0);
  int bursts = atoi(argv[2]);
  for (int i = 0; i < bursts; i++) {
    x = (seed + i) * 0x9e3779b97f4a7c15 | 1;
    for (int j = 0; j < 4; j++) rnd();
    pid_t pid = fork();
    if (!pid) burst();
    for (int waited = 0; waitpid(pid, NULL, WNOHANG) == 0; waited++) {
      if (waited == 100) kill(pid, SIGKILL);
      usleep(20000);
    }
    system("rm -rf ./* .[!.]* 2>/dev/null; mkdir -p d; echo x > f");
  }
  printf("%d bursts\n", bursts);
  return 0;
}
