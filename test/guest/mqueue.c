// build: gcc -O1 -pthread
/* POSIX message queues: order, limits, waiting, notification. */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char name[40], other[40], buffer[8192];

static void show(mqd_t q) {
  struct mq_attr a;
  CALL(mq_getattr(q, &a));
  printf("flags %lx, %ld of at most %ld messages of at most %ld bytes\n", a.mq_flags, a.mq_curmsgs, a.mq_maxmsg, a.mq_msgsize);
}

static void receive(mqd_t q) {
  unsigned priority = 99;
  memset(buffer, 0, sizeof buffer);
  errno = 0;
  ssize_t n = mq_receive(q, buffer, sizeof buffer, &priority);
  printf("received %zd \"%.20s\" priority %u errno %d\n", n, buffer, priority, errno);
}

static struct timespec in(long ms) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  t.tv_nsec += ms * 1000000;
  t.tv_sec += t.tv_nsec / 1000000000;
  t.tv_nsec %= 1000000000;
  return t;
}

static volatile sig_atomic_t got;
static siginfo_t told;
static void handler(int signo, siginfo_t *info, void *context) { got = signo, told = *info; }
static sem_t by_thread;
static void thread_function(union sigval v) { printf("thread told %d\n", v.sival_int), sem_post(&by_thread); }
static void *late_sender(void *q) { return usleep(30000), mq_send(*(mqd_t *)q, "late", 4, 3), NULL; }

int main(void) {
  setvbuf(stdout, NULL, _IONBF, 0);
  snprintf(name, sizeof name, "/blink-%d", getpid()), snprintf(other, sizeof other, "/other-%d", getpid());
  struct mq_attr small = {.mq_maxmsg = 3, .mq_msgsize = 16};

  puts("opening");
  CALL(mq_open(name, O_RDWR));
  mqd_t q = mq_open(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600, &small);
  TRUTH(q >= 0);
  NUMBER(fcntl(q, F_GETFD));
  CALL(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &small));
  CALL(syscall(SYS_mq_open, "a/b", O_RDWR | O_CREAT, 0600, NULL));
  CALL(syscall(SYS_mq_open, "", O_RDWR | O_CREAT, 0600, NULL));
  CALL(syscall(SYS_mq_open, "..", O_RDWR | O_CREAT, 0600, NULL));
  memset(buffer, 'x', 300), buffer[300] = 0;
  CALL(syscall(SYS_mq_open, buffer, O_RDWR | O_CREAT, 0600, NULL));
  CALL(mq_open(name, 3));
  CALL(mq_open(other, O_RDWR | O_CREAT, 0600, &(struct mq_attr){.mq_maxmsg = 0, .mq_msgsize = 10}));
  CALL(mq_open(other, O_RDWR | O_CREAT, 0600, &(struct mq_attr){.mq_maxmsg = 65537, .mq_msgsize = 10}));
  CALL(mq_open(other, O_RDWR | O_CREAT, 0600, &(struct mq_attr){.mq_maxmsg = 10, .mq_msgsize = 100000000}));
  struct rlimit old;
  getrlimit(RLIMIT_MSGQUEUE, &old);
  setrlimit(RLIMIT_MSGQUEUE, &(struct rlimit){10000, old.rlim_max});
  CALL(mq_open(other, O_RDWR | O_CREAT, 0600, NULL));
  setrlimit(RLIMIT_MSGQUEUE, &old);
  show(q);

  puts("order");
  CALL(mq_send(q, "low", 3, 1));
  CALL(mq_send(q, "high", 4, 7));
  CALL(mq_send(q, "low too", 7, 1));
  CALL(mq_send(q, "one more", 8, 1));
  CALL(mq_send(q, "12345678901234567", 17, 1));
  CALL(mq_send(q, "x", 1, 32768));
  show(q);
  struct pollfd p = {q, POLLIN | POLLOUT, 0};
  NUMBER(poll(&p, 1, 0)), NUMBER(p.revents);
  int n = pread(q, buffer, 100, 0);
  printf("%.*s", n, buffer);
  receive(q), receive(q);
  CALL(mq_receive(q, buffer, 15, NULL));
  receive(q), receive(q);
  NUMBER(poll(&p, 1, 0)), NUMBER(p.revents);
  CALL(mq_send(q, "", 0, 0));
  receive(q);

  puts("attributes");
  struct mq_attr change = {.mq_flags = 0, .mq_maxmsg = 99}, before;
  CALL(mq_setattr(q, &change, &before));
  NUMBER(before.mq_flags);
  change.mq_flags = 1;
  CALL(mq_setattr(q, &change, NULL));
  show(q);
  struct stat st;
  CALL(fstat(q, &st));
  printf("mode %o size %ld\n", st.st_mode, (long)st.st_size > 0);

  puts("waiting");
  struct timespec t = in(20);
  CALL(mq_timedreceive(q, buffer, sizeof buffer, NULL, &t));
  t.tv_nsec = 1000000000;
  CALL(mq_timedreceive(q, buffer, sizeof buffer, NULL, &t));
  for (int i = 0; i < 3; i++) mq_send(q, "fill", 4, 0);
  t = in(20);
  CALL(mq_timedsend(q, "x", 1, 0, &t));
  for (int i = 0; i < 3; i++) mq_receive(q, buffer, sizeof buffer, NULL);
  pthread_t thread;
  pthread_create(&thread, NULL, late_sender, &q);
  receive(q);
  pthread_join(thread, NULL);

  puts("notification");
  struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
  sigaction(SIGUSR1, &act, NULL);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value.sival_int = 77};
  CALL(mq_notify(q, &event));
  CALL(mq_notify(q, &event));
  n = pread(q, buffer, 100, 0), TRUTH(strstr(buffer, "SIGNO:10") != NULL);
  CALL(mq_send(q, "ding", 4, 0));
  NUMBER(got), NUMBER(told.si_code), NUMBER(told.si_value.sival_int), TRUTH(told.si_pid == getpid());
  got = 0;
  CALL(mq_send(q, "dong", 4, 0));
  receive(q), receive(q);
  CALL(mq_send(q, "again", 5, 0));
  NUMBER(got);
  receive(q);
  CALL(mq_notify(q, &event));
  CALL(mq_notify(q, NULL));
  CALL(mq_notify(q, &event));
  mqd_t twice = mq_open(name, O_RDONLY);
  close(twice);
  CALL(mq_send(q, "taken back", 10, 0));
  NUMBER(got);
  receive(q);
  event.sigev_signo = 65;
  CALL(mq_notify(q, &event));
  event.sigev_notify = SIGEV_NONE;
  CALL(mq_notify(q, &event));
  CALL(mq_send(q, "nobody", 6, 0));
  NUMBER(got);
  receive(q);
  sem_init(&by_thread, 0, 0);
  event = (struct sigevent){.sigev_notify = SIGEV_THREAD, .sigev_notify_function = thread_function, .sigev_value.sival_int = 5};
  CALL(mq_notify(q, &event));
  CALL(mq_send(q, "thread", 6, 0));
  sem_wait(&by_thread);
  receive(q);

  puts("processes");
  pid_t child = fork();
  if (child == 0) {
    receive(q);
    mq_send(q, "from the child", 14, 9);
    _exit(0);
  }
  mq_send(q, "for the child", 13, 2);
  waitpid(child, NULL, 0);
  receive(q);
  mqd_t reader = mq_open(name, O_RDONLY | O_NONBLOCK), writer = mq_open(name, O_WRONLY);
  CALL(mq_send(reader, "x", 1, 0));
  CALL(mq_receive(writer, buffer, sizeof buffer, NULL));
  CALL(mq_receive(0, buffer, sizeof buffer, NULL));
  receive(reader);
  CALL(mq_unlink(name));
  CALL(mq_unlink(name));
  CALL(mq_send(q, "still there", 11, 0));
  receive(reader);
  if (getuid() == 0) {
    q = mq_open(name, O_RDWR | O_CREAT, 0600, &small);
    seteuid(1000);
    CALL(mq_open(name, O_RDONLY));
    CALL(mq_unlink(name));
    CALL(mq_open(other, O_RDWR | O_CREAT, 0600, &(struct mq_attr){.mq_maxmsg = 11, .mq_msgsize = 10}));
    seteuid(0);
    mq_unlink(name);
  }
  return 0;
}
