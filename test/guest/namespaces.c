// build: gcc -O1 -pthread
// namespaces(7): unshare, clone, setns, id maps, pids, mounts, pivot_root. As root; other users see less.
#define _GNU_SOURCE
#include "check.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

static void in_child(const char *what, void (*body)(void)) {
  printf("-- %s\n", what);
  fflush(stdout);
  if (!fork()) {
    body();
    fflush(stdout);
    _exit(0);
  }
  int status;
  wait(&status);
  if (status) printf("status %x\n", status);
}

static void show(const char *path) {
  char text[500];
  int fd = open(path, O_RDONLY);
  ssize_t n = read(fd, text, sizeof text - 1);
  text[n < 0 ? 0 : n] = 0;
  printf("%s: %s", path, n < 0 ? "none\n" : text);
  close(fd);
}
static void put(const char *path, const char *text) {
  int fd = open(path, O_WRONLY);
  errno = 0;
  long n = write(fd, text, strlen(text));
  printf("%s <- %s: %ld %d\n", path, text, n, n < 0 ? errno : 0);
  close(fd);
}
static ino_t ns(const char *name) {
  char path[100];
  struct stat st = {0};
  snprintf(path, sizeof path, "/proc/self/ns/%s", name);
  stat(path, &st);
  return st.st_ino;
}
static void host(void) {
  struct utsname u;
  uname(&u);
  printf("host %s domain %s\n", u.nodename, u.domainname);
}

static void refused(void) {
  CALL(unshare(1));
  CALL(setns(0, 0));
  CALL(setns(-1, 0));
  int fd = open("/proc/self/ns/uts", O_RDONLY);
  CALL(setns(fd, CLONE_NEWNET));
  CALL(setns(fd, CLONE_NEWUTS));
  int user = open("/proc/self/ns/user", O_RDONLY);
  CALL(setns(user, 0));
  setuid(1000);
  CALL(unshare(CLONE_NEWUTS));
  CALL(unshare(CLONE_NEWNS | CLONE_NEWPID));
  CALL(setns(fd, 0));
  CALL(sethostname("x", 1));
  CALL(chroot("/"));
  CALL(syscall(SYS_pivot_root, "/", "/"));
}

static void uts(void) {
  sethostname("outer", 5);
  int before = open("/proc/self/ns/uts", O_RDONLY);
  ino_t old = ns("uts");
  CALL(unshare(CLONE_NEWUTS));
  TRUTH(ns("uts") != old);
  CALL(sethostname("inner", 5));
  CALL(setdomainname("there", 5));
  host();
  show("/proc/sys/kernel/hostname");
  CALL(setns(before, CLONE_NEWUTS));
  TRUTH(ns("uts") == old);
  struct utsname u;
  uname(&u);
  TEXT(u.nodename);
}

static void ipc(void) {
  int id = shmget(0x1234567, 4096, IPC_CREAT | 0600);
  TRUTH(shmget(0x1234567, 4096, 0) == id);
  CALL(unshare(CLONE_NEWIPC));
  CALL(shmget(0x1234567, 4096, 0));
  CALL(shmctl(id + 1, IPC_RMID, NULL));
  int fd = open("/proc/1/ns/ipc", O_RDONLY);
  if (fd < 0) fd = open("/proc/self/ns/ipc", O_RDONLY);
  close(fd);
}
static void ipc_end(void) { shmctl(shmget(0x1234567, 4096, 0), IPC_RMID, NULL); }

static void net(void) {
  int before = open("/proc/self/ns/net", O_RDONLY);
  CALL(unshare(CLONE_NEWNET));
  int s = socket(AF_INET, SOCK_STREAM, 0), unix_socket = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(1), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  CALL(connect(s, (void *)&a, sizeof a));
  TRUTH(unix_socket >= 0);
  CALL(setns(before, 0));
  s = socket(AF_INET, SOCK_STREAM, 0);
  CALL(connect(s, (void *)&a, sizeof a));
}

static void ids(const char *when) {
  uid_t r, e, s;
  gid_t rg, eg, sg;
  getresuid(&r, &e, &s);
  getresgid(&rg, &eg, &sg);
  printf("%s: %d %d %d, %d %d %d\n", when, r, e, s, rg, eg, sg);
}
static void owner(const char *path) {
  struct stat st;
  stat(path, &st);
  printf("%s: %d %d\n", path, st.st_uid, st.st_gid);
}
static void user(void) {
  close(open("mine", O_CREAT | O_WRONLY, 0644));
  chown("mine", 1000, 1000);
  setgroups(0, NULL);
  setresgid(1000, 1000, 1000);
  setresuid(1000, 1000, 1000);
  prctl(PR_SET_DUMPABLE, 1);
  CALL(unshare(CLONE_NEWUSER));
  ids("unmapped");
  owner("mine");
  owner("/");
  show("/proc/self/uid_map");
  CALL(setuid(0));
  put("/proc/self/uid_map", "0 0 1");
  put("/proc/self/uid_map", "nonsense");
  put("/proc/self/gid_map", "0 1000 1");
  put("/proc/self/setgroups", "maybe");
  put("/proc/self/setgroups", "deny");
  put("/proc/self/uid_map", "0 1000 1");
  put("/proc/self/uid_map", "0 1000 1");
  put("/proc/self/gid_map", "0 1000 1");
  put("/proc/self/setgroups", "allow");
  show("/proc/self/uid_map");
  show("/proc/self/gid_map");
  show("/proc/self/setgroups");
  ids("mapped");
  owner("mine");
  owner("/");
  CALL(setgroups(0, NULL));
  CALL(setuid(5));
  CALL(chown("mine", 5, -1));
  CALL(chown("mine", 0, 0));
  CALL(unshare(CLONE_NEWUTS));
  CALL(sethostname("mine", 4));
  CALL(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
  CALL(unshare(CLONE_NEWNS));
  CALL(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
  mkdir("d", 0755);
  CALL(mount("none", "d", "tmpfs", 0, NULL));
  CALL(unshare(CLONE_NEWUSER));
  ids("nested");
}
static void user_privileged(void) {
  int go[2];
  char c;
  pipe(go);
  pid_t child = fork();
  if (!child) {
    CALL(unshare(CLONE_NEWUSER));
    fflush(stdout);
    write(go[1], "x", 1);
    raise(SIGSTOP);
    ids("child");
    CALL(setresuid(1, 2, 3));
    ids("child");
    CALL(setuid(10));
    owner("mine");
    fflush(stdout);
    _exit(0);
  }
  read(go[0], &c, 1);
  waitpid(child, NULL, WUNTRACED);
  char path[100];
  snprintf(path, sizeof path, "/proc/%d/uid_map", child);
  int fd = open(path, O_WRONLY);
  CALL(write(fd, "0 0 10\n1000 1000 5\n", 19));
  close(fd);
  fd = open(path, O_RDONLY);
  char text[200] = "";
  read(fd, text, 199);
  TEXT(text);
  kill(child, SIGCONT);
  waitpid(child, NULL, 0);
}

static int clone_child(void *arg) {
  NUMBER(getpid());
  NUMBER(getppid());
  NUMBER(getpgrp());
  if (!fork()) {
    NUMBER(getpid());
    NUMBER(getppid());
    fflush(stdout);
    if (!fork()) {
      // Its parent ends, and process 1 of the namespace takes its place.
      while (getppid() != 1) usleep(1000);
      NUMBER(getppid());
      fflush(stdout);
      _exit(9);
    }
    _exit(4);
  }
  int status;
  for (int i = 0; i < 2; i++) {
    pid_t pid = wait(&status);
    printf("pid %d exit %d\n", pid, WEXITSTATUS(status));
  }
  CALL(kill(99, 0));
  CALL(kill(1, SIGTERM));
  CALL(kill(1, SIGKILL));
  CALL(setpgid(0, 0));
  CALL(setsid());
  NUMBER(getsid(0));
  NUMBER(syscall(SYS_gettid));
  mkdir("proc", 0755);
  unshare(CLONE_NEWNS);
  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  CALL(mount("proc", "proc", "proc", 0, NULL));
  char link[20] = "";
  readlink("proc/self", link, sizeof link - 1);
  TEXT(link);
  CALL(access("proc/1", F_OK));
  CALL(access("proc/2", F_OK));
  if (!fork()) {
    /* Killed with the namespace. */
    pause();
    _exit(0);
  }
  fflush(stdout);
  return 7;
}
static void pids(void) {
  static char stack[65536];
  pid_t child = clone(clone_child, stack + sizeof stack, CLONE_NEWPID | SIGCHLD, NULL);
  int status;
  TRUTH(waitpid(child, &status, 0) == child);
  NUMBER(WEXITSTATUS(status));
  CALL(unshare(CLONE_NEWPID));
  TRUTH(getpid() > 1);
  fflush(stdout);
  pid_t first = fork();
  if (!first) {
    NUMBER(getpid());
    fflush(stdout);
    _exit(0);
  }
  waitpid(first, NULL, 0);
  CALL(fork());
}

static void mounts(void) {
  int before = open("/proc/self/ns/mnt", O_RDONLY);
  mkdir("m", 0755);
  CALL(unshare(CLONE_NEWNS));
  CALL(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL));
  CALL(mount("t", "m", "tmpfs", MS_NODEV, "mode=700"));
  struct stat st;
  stat("m", &st);
  printf("%o\n", st.st_mode);
  close(open("m/f", O_CREAT | O_WRONLY, 0600));
  mkdir("m/a", 0755);
  mkdir("m/b", 0755);
  mkdir("m/a/sub", 0755);
  CALL(mount("u", "m/a/sub", "tmpfs", 0, NULL));
  close(open("m/a/sub/deep", O_CREAT | O_WRONLY, 0600));
  CALL(mount("m/a", "m/b", NULL, MS_BIND, NULL));
  CALL(access("m/b/sub/deep", F_OK));
  CALL(umount("m/b"));
  CALL(mount("m/a", "m/b", NULL, MS_BIND | MS_REC, NULL));
  CALL(access("m/b/sub/deep", F_OK));
  CALL(mount(NULL, "m/b", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
  CALL(open("m/b/new", O_CREAT | O_WRONLY, 0600));
  CALL(umount("m/b"));
  CALL(umount2("m/b", MNT_DETACH));
  CALL(access("m/b/sub", F_OK));
  mkdir("m/moved", 0755);
  CALL(mount("m/a/sub", "m/moved", NULL, MS_MOVE, NULL));
  CALL(access("m/moved/deep", F_OK));
  CALL(access("m/a/sub/deep", F_OK));
  CALL(rmdir("m/moved"));
  CALL(mount("none", "m/f", "tmpfs", 0, NULL));
  CALL(mount("none", "m/a", "nosuchfs", 0, NULL));
  CALL(mount(NULL, "m/a", NULL, MS_REMOUNT | MS_BIND, NULL));
  CALL(umount("m/a"));
  char cwd[4096];
  getcwd(cwd, sizeof cwd);
  CALL(setns(before, CLONE_NEWNS));
  chdir(cwd);
  CALL(access("m/f", F_OK));
  CALL(rmdir("m"));
}

static void pivot(void) {
  char cwd[100];
  mkdir("root", 0755);
  unshare(CLONE_NEWNS);
  mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
  CALL(syscall(SYS_pivot_root, "root", "root"));
  mount("none", "root", "tmpfs", 0, NULL);
  chdir("root");
  mkdir("old", 0755);
  mkdir("usr", 0755);
  CALL(mount("/usr", "usr", NULL, MS_BIND | MS_REC, NULL));
  CALL(syscall(SYS_pivot_root, ".", "/usr"));
  CALL(syscall(SYS_pivot_root, ".", "old"));
  CALL(chdir("/"));
  TEXT(getcwd(cwd, sizeof cwd));
  CALL(access("/usr/bin", F_OK));
  CALL(access("/etc", F_OK));
  CALL(access("/old/etc", F_OK));
  CALL(chdir("/old/etc"));
  TEXT(getcwd(cwd, sizeof cwd));
  CALL(chdir("../.."));
  TEXT(getcwd(cwd, sizeof cwd));
  CALL(umount("old"));
  CALL(umount2("old", MNT_DETACH));
  CALL(access("/old/etc", F_OK));
  CALL(rmdir("old"));
  /* Once more, with the old root over the new one. */
  mkdir("next", 0755);
  mount("none", "next", "tmpfs", 0, NULL);
  mkdir("next/here", 0755);
  int fd = open("/", O_RDONLY | O_DIRECTORY);
  CALL(chdir("next"));
  CALL(syscall(SYS_pivot_root, ".", "."));
  CALL(fchdir(fd));
  CALL(access("usr", F_OK));
  CALL(umount2(".", MNT_DETACH));
  CALL(chdir("/"));
  CALL(access("here", F_OK));
  CALL(access("usr", F_OK));
  mkdir("here/jail", 0755);
  CALL(chroot("here"));
  CALL(chdir("/"));
  CALL(access("jail", F_OK));
  TEXT(getcwd(cwd, sizeof cwd));
}

static void *thread(void *unused) {
  pause();
  return unused;
}
static void threads(void) {
  pthread_t t;
  pthread_create(&t, NULL, thread, NULL);
  CALL(unshare(CLONE_NEWUSER));
  CALL(unshare(CLONE_THREAD));
  CALL(unshare(CLONE_FILES | CLONE_FS));
  CALL(unshare(CLONE_NEWPID));
  TRUTH(pthread_create(&t, NULL, thread, NULL) == EINVAL);
}

int main(void) {
  in_child("refused", refused);
  unshare(CLONE_NEWUTS);
  in_child("uts", uts);
  in_child("ipc", ipc);
  in_child("ipc end", ipc_end);
  in_child("net", net);
  in_child("user", user);
  in_child("user, privileged", user_privileged);
  in_child("pids", pids);
  in_child("mounts", mounts);
  in_child("pivot", pivot);
  in_child("threads", threads);
  return 0;
}
