// build: gcc -O1
// build: musl-gcc -O1 -static
#define _GNU_SOURCE
#include "check.h"
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

union semun {
  int val;
  struct semid_ds *buf;
  unsigned short *array;
};

static void memory(void) {
  int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
  TRUTH(id >= 0);
  char *p = shmat(id, NULL, 0);
  TRUTH(p != (void *)-1);
  NUMBER(p[9999]);
  strcpy(p + 5000, "shared");
  char *q = shmat(id, NULL, SHM_RDONLY);
  TEXT(q + 5000);
  struct shmid_ds d;
  CALL(shmctl(id, IPC_STAT, &d));
  NUMBER(d.shm_segsz);
  NUMBER(d.shm_nattch);
  NUMBER(d.shm_perm.mode);
  TRUTH(d.shm_cpid == getpid() && d.shm_lpid == getpid());
  int status;
  if (!fork()) {
    strcpy(p, "from the child");
    _exit(shmdt(q));
  }
  wait(&status);
  NUMBER(WEXITSTATUS(status));
  TEXT(q);
  CALL(shmdt(q));
  CALL(shmdt(q));
  CALL(shmdt(p + 4096));
  CALL(shmctl(id, IPC_RMID, NULL));
  CALL(shmctl(id, IPC_STAT, &d));
  NUMBER(d.shm_perm.mode);
  NUMBER(d.shm_nattch);
  TEXT(p);
  CALL(shmdt(p));
  CALL(shmctl(id, IPC_STAT, &d));
  CALL(shmget(IPC_PRIVATE, 0, 0600));
  key_t key = 0x626c0000 ^ getpid();
  CALL(shmget(key, 4096, 0));
  id = shmget(key, 4096, IPC_CREAT | 0600);
  TRUTH(shmget(key, 100, 0) == id);
  CALL(shmget(key, 8192, 0));
  CALL(shmget(key, 4096, IPC_CREAT | IPC_EXCL));
  CALL(shmctl(id, IPC_RMID, NULL));
  CALL(shmget(key, 4096, 0));
}

static void semaphores(void) {
  int id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
  TRUTH(id >= 0);
  union semun u;
  unsigned short values[3] = {1, 2, 3};
  u.array = values;
  CALL(semctl(id, 0, SETALL, u));
  struct sembuf down = {0, -1, 0}, try = {0, -1, IPC_NOWAIT}, zero = {1, 0, IPC_NOWAIT};
  CALL(semop(id, &down, 1));
  CALL(semop(id, &try, 1));
  CALL(semop(id, &zero, 1));
  struct sembuf both[2] = {{1, -2, 0}, {0, -1, IPC_NOWAIT}};
  CALL(semop(id, both, 2));
  CALL(semctl(id, 1, GETVAL));
  struct timespec t = {0, 20000000};
  CALL(semtimedop(id, &down, 1, &t));
  struct sembuf far = {9, 1, 0};
  CALL(semop(id, &far, 1));
  CALL(semop(id, &down, 0));
  u.val = 40000;
  CALL(semctl(id, 0, SETVAL, u));
  u.val = 32767;
  CALL(semctl(id, 2, SETVAL, u));
  struct sembuf up = {2, 1, 0};
  CALL(semop(id, &up, 1));
  int status;
  if (!fork()) {
    struct sembuf undone = {0, 5, SEM_UNDO};
    semop(id, &undone, 1);
    printf("in the child %d\n", semctl(id, 0, GETVAL));
    fflush(stdout);
    _exit(0);
  }
  wait(&status);
  CALL(semctl(id, 0, GETVAL));
  if (!fork()) {
    usleep(30000);
    while (semctl(id, 0, GETNCNT) != 1) usleep(1000);
    struct sembuf give = {0, 1, 0};
    semop(id, &give, 1);
    _exit(0);
  }
  CALL(semop(id, &down, 1));
  wait(&status);
  if (!fork()) {
    usleep(30000);
    semctl(id, 0, IPC_RMID);
    _exit(0);
  }
  CALL(semop(id, &down, 1));
  wait(&status);
  CALL(semctl(id, 0, GETVAL));
}

/* Waits until another process waits, too. */
static void until_asleep(pid_t pid) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  for (;;) {
    FILE *f = fopen(path, "r");
    char *end = f && fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (f) fclose(f);
    if (end && end[2] == 'S') return;
    usleep(1000);
  }
}

static void messages(void) {
  struct {
    long type;
    char text[100];
  } m;
  int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
  TRUTH(id >= 0);
  for (int i = 1; i <= 5; i++) {
    m.type = 6 - i;
    sprintf(m.text, "message %d", i);
    CALL(msgsnd(id, &m, strlen(m.text) + 1, 0));
  }
  m.type = 0;
  CALL(msgsnd(id, &m, 5, 0));
  CALL(msgsnd(id, &m, 9000, 0));
  struct msqid_ds d;
  CALL(msgctl(id, IPC_STAT, &d));
  NUMBER(d.msg_qnum);
  NUMBER(d.msg_cbytes);
  NUMBER(d.msg_qbytes);
  CALL(msgrcv(id, &m, 100, 3, 0));
  TEXT(m.text);
  CALL(msgrcv(id, &m, 100, -4, 0));
  TEXT(m.text);
  CALL(msgrcv(id, &m, 100, 5, MSG_EXCEPT));
  TEXT(m.text);
  CALL(msgrcv(id, &m, 4, 0, 0));
  CALL(msgrcv(id, &m, 4, 0, MSG_NOERROR));
  CALL(msgrcv(id, &m, 100, 77, IPC_NOWAIT));
  CALL(msgrcv(id, &m, 100, 0, 0));
  TEXT(m.text);
  int status;
  pid_t parent = getpid();
  if (!fork()) {
    m.type = 1;
    strcpy(m.text, "late");
    until_asleep(parent);
    msgsnd(id, &m, 5, 0);
    until_asleep(parent);
    msgctl(id, IPC_RMID, NULL);
    _exit(0);
  }
  CALL(msgrcv(id, &m, 100, 0, 0));
  TEXT(m.text);
  CALL(msgrcv(id, &m, 100, 0, 0));
  wait(&status);
}

int main(void) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  memory();
  semaphores();
  messages();
  return 0;
}
