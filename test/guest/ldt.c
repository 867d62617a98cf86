// build: gcc -O1
// modify_ldt(2): what it answers, and what it makes of a struct user_desc.
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static long ldt(int func, void *p, unsigned long n) {
  long r;
  __asm__ volatile("syscall" : "=a"(r) : "a"(SYS_modify_ldt), "D"(func), "S"(p), "d"(n) : "rcx", "r11", "memory");
  return r;
}
static void show(const char *what) {
  unsigned char b[96];
  long n = ldt(0, b, sizeof b);
  printf("%s: %ld\n", what, n);
  for (long i = 0; i < n; i++) printf("%02x%s", b[i], i % 16 == 15 ? "\n" : " ");
}
static struct user_desc desc(unsigned entry, unsigned base, unsigned limit, unsigned contents) {
  struct user_desc d;
  memset(&d, 0, sizeof d);
  d.entry_number = entry;
  d.base_addr = base;
  d.limit = limit;
  d.contents = contents;
  return d;
}

int main(void) {
  unsigned char b[256];
  show("none");
  printf("default %ld %ld\n", ldt(2, b, 64), ldt(2, b, 256));
  struct user_desc d = desc(1, 0x12345678, 0xabcde, 0);
  printf("short %lx, no such function %lx, entry %lx\n", ldt(0x11, &d, 15), ldt(7, &d, 16), ldt(0x11, 0, 16));
  d.seg_32bit = 1;
  printf("data %lx\n", ldt(0x11, &d, sizeof d));
  d = desc(3, 0xffeeddcc, 0xfffff, 2);
  d.limit_in_pages = 1;
  d.useable = 1;
  printf("code %lx\n", ldt(0x11, &d, sizeof d));
  d.entry_number = 4;
  printf("old %lx\n", ldt(1, &d, sizeof d));
  d.contents = 3;
  printf("conforming %lx", ldt(0x11, &d, sizeof d));
  d.seg_not_present = 1;
  printf(" %lx\n", ldt(0x11, &d, sizeof d));
  d = desc(2, 1, 1, 1);
  d.read_exec_only = 1;
  printf("down %lx\n", ldt(0x11, &d, sizeof d));
  d = desc(8192, 1, 1, 1);
  printf("beyond %lx\n", ldt(0x11, &d, sizeof d));
  show("all");
  d = desc(3, 0, 0, 0);
  d.read_exec_only = d.seg_not_present = 1;
  printf("clear %lx\n", ldt(0x11, &d, sizeof d));
  fflush(stdout);
  if (fork() == 0) {
    show("child");
    fflush(stdout);
    _exit(0);
  }
  wait(0);
  printf("set_thread_area %ld %d\n", syscall(205, &d), errno);
  return 0;
}
