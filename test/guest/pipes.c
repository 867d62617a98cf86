// build: gcc -O1
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char big[100000];

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  int p[2], n;
  char buf[200];
  CALL(pipe(p));
  CALL(write(p[1], "hello", 5));
  CALL(write(p[1], " world", 6));
  CALL(ioctl(p[0], FIONREAD, &n));
  NUMBER(n);
  CALL(read(p[0], buf, 3));
  CALL(read(p[0], buf, 200));
  CALL(lseek(p[0], 0, SEEK_CUR));
  CALL(pread(p[0], buf, 1, 0));
  CALL(read(p[1], buf, 1));
  CALL(write(p[0], buf, 1));
  struct stat s;
  fstat(p[0], &s);
  TRUTH(S_ISFIFO(s.st_mode));
  CALL(fcntl(p[0], F_GETPIPE_SZ));
  CALL(fcntl(p[0], F_SETFL, O_NONBLOCK));
  CALL(read(p[0], buf, 1));
  CALL(fcntl(p[1], F_SETFL, O_NONBLOCK));
  CALL(write(p[1], big, sizeof big));
  CALL(write(p[1], "x", 1));
  struct pollfd f[2] = {{p[0], POLLIN}, {p[1], POLLOUT}};
  CALL(poll(f, 2, 0));
  NUMBER(f[0].revents);
  NUMBER(f[1].revents);
  CALL(read(p[0], big, 4096));
  CALL(write(p[1], big, 4097));
  CALL(write(p[1], big, 4096));
  close(p[1]);
  long total = 0, got;
  while ((got = read(p[0], big, sizeof big)) > 0) total += got;
  NUMBER(total);
  NUMBER(got);
  f[0].revents = 0;
  CALL(poll(f, 1, 0));
  NUMBER(f[0].revents);
  close(p[0]);

  CALL(pipe2(p, O_CLOEXEC | O_NONBLOCK));
  CALL(fcntl(p[0], F_GETFD));
  TRUTH(fcntl(p[1], F_GETFL) & O_NONBLOCK);
  close(p[0]);
  signal(SIGPIPE, SIG_IGN);
  CALL(write(p[1], "x", 1));
  f[0] = (struct pollfd){p[1], POLLOUT};
  CALL(poll(f, 1, 0));
  NUMBER(f[0].revents);
  close(p[1]);
  CALL(pipe((int *)8));
  CALL(pipe2(p, 12345));

  // A megabyte through a pipe: both sides block many times.
  pipe(p);
  if (!fork()) {
    close(p[0]);
    unsigned sum = 0;
    for (int i = 0; i < 1 << 20;) {
      int size = 1 + (i * 7) % 30000;
      if (i + size > 1 << 20) size = (1 << 20) - i;
      for (int j = 0; j < size; j++) big[j] = (i + j) % 251;
      for (int done = 0; done < size;) done += write(p[1], big + done, size - done);
      i += size;
    }
    _exit(sum);
  }
  close(p[1]);
  unsigned sum = 0;
  total = 0;
  while ((got = read(p[0], big, 5000)) > 0) {
    for (int i = 0; i < got; i++) sum = sum * 31 + (unsigned char)big[i];
    total += got;
  }
  wait(NULL);
  NUMBER(total);
  NUMBER(sum);
  close(p[0]);

  // Ping-pong.
  int q[2];
  pipe(p);
  pipe(q);
  if (!fork()) {
    for (char c; read(p[0], &c, 1) == 1 && c;) {
      c++;
      write(q[1], &c, 1);
    }
    _exit(0);
  }
  char c = 1;
  for (int i = 0; i < 100; i++) {
    write(p[1], &c, 1);
    read(q[0], &c, 1);
  }
  NUMBER(c);
  c = 0;
  write(p[1], &c, 1);
  wait(NULL);

  CALL(mkfifo("fifo", 0600));
  CALL(open("fifo", O_WRONLY | O_NONBLOCK));
  if (!fork()) {
    int fd = open("fifo", O_WRONLY);
    write(fd, "through the fifo", 16);
    _exit(0);
  }
  int fd = open("fifo", O_RDONLY);
  memset(buf, 0, sizeof buf);
  CALL(read(fd, buf, 100));
  TEXT(buf);
  CALL(read(fd, buf, 100));
  wait(NULL);
  close(fd);

  pipe(p);
  pipe(q);
  write(p[1], "spliced", 7);
  CALL(tee(p[0], q[1], 100, 0));
  CALL(splice(p[0], NULL, q[1], NULL, 100, 0));
  memset(buf, 0, sizeof buf);
  CALL(read(q[0], buf, 100));
  TEXT(buf);

  signal(SIGPIPE, SIG_DFL);
  close(p[0]);
  int status;
  if (!fork()) {
    write(p[1], "x", 1);
    _exit(0);
  }
  wait(&status);
  NUMBER(WTERMSIG(status));
  return 0;
}
