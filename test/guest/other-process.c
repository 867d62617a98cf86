// build: gcc -O1
/* pidfd_getfd(2), kcmp(2), process_madvise(2), and descriptors of /proc/PID as pidfds. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static long pidfd_open_(pid_t pid) { return syscall(SYS_pidfd_open, pid, 0); }
static long getfd(int pidfd, int fd, unsigned flags) { return syscall(SYS_pidfd_getfd, pidfd, fd, flags); }
static long compare(pid_t a, pid_t b, int type, long x, long y) { return syscall(SYS_kcmp, a, b, type, x, y); }
static long advise(int pidfd, const struct iovec *v, size_t n, int advice) {
  return syscall(SYS_process_madvise, pidfd, v, n, advice, 0);
}

static int child_body(void *arg) { return pause(), 0; }

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  int ready[2];
  pipe(ready);
  pid_t child = fork();
  if (child == 0) {
    int fd = open("file", O_CREAT | O_RDWR, 0600);
    write(fd, "hello", 5);
    dup2(fd, 77);
    write(ready[1], "x", 1);
    pause();
    _exit(1);
  }
  char c;
  read(ready[0], &c, 1);
  int pidfd = pidfd_open_(child);

  puts("pidfd_getfd");
  int mine = getfd(pidfd, 77, 0);
  TRUTH(mine >= 0);
  NUMBER(fcntl(mine, F_GETFD));
  char text[8] = "";
  CALL(pread(mine, text, 5, 0));
  TEXT(text);
  NUMBER(lseek(mine, 0, SEEK_CUR));
  CALL(getfd(pidfd, 78, 0));
  CALL(getfd(pidfd, 77, 1));
  CALL(getfd(ready[0], 77, 0));
  CALL(getfd(-1, 77, 0));

  puts("kcmp");
  pid_t me = getpid();
  CALL(compare(me, child, KCMP_FILE, mine, 77));
  CALL(compare(me, child, KCMP_FILE, ready[0], ready[0]));
  TRUTH(compare(me, me, KCMP_FILE, ready[0], ready[1]) > 0);
  NUMBER(compare(me, me, KCMP_FILE, ready[0], ready[1]) + compare(me, me, KCMP_FILE, ready[1], ready[0]));
  CALL(compare(me, me, KCMP_FILE, ready[0], 500));
  CALL(compare(me, me, KCMP_VM, 0, 0));
  TRUTH(compare(me, child, KCMP_VM, 0, 0) > 0);
  TRUTH(compare(me, child, KCMP_FILES, 0, 0) > 0);
  CALL(compare(me, 4000000, KCMP_VM, 0, 0));
  CALL(compare(me, me, 99, 0, 0));
  static char stack[65536];
  pid_t sharing = clone(child_body, stack + sizeof stack, CLONE_VM | CLONE_FS | SIGCHLD, NULL);
  CALL(compare(me, sharing, KCMP_VM, 0, 0));
  CALL(compare(me, sharing, KCMP_FS, 0, 0));
  TRUTH(compare(me, sharing, KCMP_FILES, 0, 0) > 0);
  TRUTH(compare(me, sharing, KCMP_SIGHAND, 0, 0) > 0);
  kill(sharing, SIGKILL);
  waitpid(sharing, NULL, 0);

  puts("process_madvise");
  char *memory = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 1, 16384);
  int self = pidfd_open_(me);
  struct iovec v[2] = {{memory, 8192}, {memory + 8192, 4096}};
  CALL(advise(self, v, 2, MADV_COLD));
  CALL(advise(self, v, 2, MADV_PAGEOUT));
  CALL(advise(self, v, 2, 200));
  CALL(advise(pidfd, v, 0, MADV_COLD));
  v[0].iov_base = memory + 1;
  CALL(advise(self, v, 2, MADV_COLD));
  TRUTH(memory[100] == 1);

  puts("/proc/PID");
  char path[30];
  snprintf(path, sizeof path, "/proc/%d", child);
  int dir = open(path, O_RDONLY | O_DIRECTORY);
  CALL(syscall(SYS_pidfd_send_signal, dir, 0, NULL, 0));
  CALL(syscall(SYS_pidfd_send_signal, open("/proc", O_RDONLY), 0, NULL, 0));
  CALL(syscall(SYS_pidfd_send_signal, dir, SIGTERM, NULL, 0));
  int status;
  waitpid(child, &status, 0);
  NUMBER(WTERMSIG(status));
  CALL(syscall(SYS_pidfd_send_signal, dir, 0, NULL, 0));
  CALL(getfd(pidfd, 77, 0));
  return 0;
}
