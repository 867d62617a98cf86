// build: gcc -O1
/* membarrier(2) offers what concerns rseq(2) just where that is there: allocators go by it. */
#define _GNU_SOURCE
#include "check.h"
#include <linux/membarrier.h>
#include <sys/syscall.h>

static long barrier(int command) {
  return syscall(SYS_membarrier, command, 0, 0);
}

int main(void) {
  long offered = barrier(MEMBARRIER_CMD_QUERY);
  int rseq = syscall(SYS_rseq, NULL, 0, 0, 0) == 0 || errno != ENOSYS;
  int listed = (offered & MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ) != 0;
  int taken = barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ) == 0;
  TRUTH(listed == rseq);
  TRUTH(taken == rseq);
  CALL(barrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED));
  CALL(barrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
  CALL(barrier(MEMBARRIER_CMD_GLOBAL));
  CALL(barrier(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_PRIVATE_EXPEDITED));
  CALL(barrier(1 << 30));
  CALL(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 2, 0));
  return 0;
}
