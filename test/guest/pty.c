// build: gcc -O1
/* Pseudo-terminals: packet mode, hanging up from either side, and the rarer requests. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static int master, slave;

static void make(const char *what) {
  puts(what);
  master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
  grantpt(master), unlockpt(master);
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
}

static void look(int fd) {
  usleep(10000);
  struct pollfd p = {fd, POLLIN | POLLOUT | POLLPRI, 0};
  poll(&p, 1, 0);
  printf("  events %x\n", p.revents);
}

static void take(int fd) {
  char buffer[32] = {0};
  usleep(10000);
  errno = 0;
  long n = read(fd, buffer, sizeof buffer);
  printf("  read %ld (%d):", n, errno);
  for (long i = 0; i < n; i++) printf(" %02x", (unsigned char)buffer[i]);
  puts("");
}

static void modes(tcflag_t iflag, tcflag_t lflag, int on) {
  struct termios t;
  tcgetattr(slave, &t);
  t.c_iflag = on ? t.c_iflag | iflag : t.c_iflag & ~iflag;
  t.c_lflag = on ? t.c_lflag | lflag : t.c_lflag & ~lflag;
  CALL(tcsetattr(slave, TCSANOW, &t));
}

static void number(int fd, const char *name, unsigned long request) {
  int value = -1;
  errno = 0;
  int r = ioctl(fd, request, &value);
  printf("%s: %d (%d), %d\n", name, r, errno, value);
}
#define NUMBER_OF(fd, request) number(fd, #fd " " #request, request)

static void packets(void) {
  make("packet mode");
  int on = 1, off = 0;
  NUMBER_OF(master, TIOCGPKT);
  CALL(ioctl(slave, TIOCPKT, &on));
  CALL(ioctl(master, TIOCPKT, &on));
  NUMBER_OF(master, TIOCGPKT);
  look(master), take(master);
  CALL(write(slave, "hello", 5));
  look(master);
  char two[2];
  CALL(read(master, two, 2));
  NUMBER(two[0]), NUMBER(two[1]);
  take(master), take(master);
  modes(IXON, 0, 0);
  look(master), take(master), look(master);
  modes(IXON, 0, 1);
  CALL(write(slave, "x", 1));
  look(master), take(master), take(master);
  CALL(tcflow(slave, TCOOFF));
  look(master), take(master);
  CALL(tcflow(slave, TCOON));
  take(master);
  CALL(tcflush(slave, TCIFLUSH));
  take(master);
  CALL(tcflush(slave, TCOFLUSH));
  take(master);
  CALL(tcflush(slave, TCIOFLUSH));
  take(master);
  modes(0, ECHO, 0);
  take(master);
  CALL(write(master, "\023", 1));
  take(master);
  CALL(write(master, "\021", 1));
  take(master);
  CALL(ioctl(master, TIOCPKT, &off));
  CALL(write(slave, "y", 1));
  take(master);
  close(slave), close(master);
}

static void hangups(void) {
  make("the slave is closed");
  CALL(write(slave, "end", 3));
  close(slave);
  look(master), take(master), look(master), take(master);
  CALL(write(master, "x", 1));
  slave = open(ptsname(master), O_RDWR | O_NOCTTY);
  look(master), take(master);
  close(slave), close(master);
  make("the master is closed");
  CALL(write(master, "typed\n", 6));
  close(master);
  look(slave), take(slave), look(slave);
  CALL(write(slave, "x", 1));
  NUMBER_OF(slave, TIOCGETD);
  struct termios t;
  CALL(tcgetattr(slave, &t));
  TRUTH(isatty(slave));
  close(slave);
}

static void requests(void) {
  make("requests");
  int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  TRUTH(peer >= 0);
  NUMBER(fcntl(peer, F_GETFD));
  NUMBER(fcntl(peer, F_GETFL) & O_ACCMODE);
  CALL(write(peer, "peer", 4));
  take(master);
  NUMBER_OF(slave, TIOCOUTQ);
  NUMBER_OF(slave, TIOCGETD);
  NUMBER_OF(slave, TIOCGEXCL);
  CALL(ioctl(slave, TIOCEXCL));
  NUMBER_OF(slave, TIOCGEXCL);
  CALL(ioctl(slave, TIOCNXCL));
  NUMBER_OF(slave, TIOCGEXCL);
  NUMBER_OF(master, TIOCGPTLCK);
  NUMBER_OF(slave, TIOCGPTLCK);
  TRUTH(ioctl(slave, TIOCGPTN, &peer) < 0);
  CALL(ioctl(slave, FIONREAD, &peer));
  CALL(ioctl(slave, 0x5499, &peer));
  close(slave), close(master);
}

int main(void) {
  signal(SIGHUP, SIG_IGN);
  packets(), hangups(), requests();
  return 0;
}
