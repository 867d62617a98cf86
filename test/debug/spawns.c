/* Forks a child that runs this program anew, and waits for it. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
  int status;
  if (argc > 1) {
    printf("child\n");
    return 7;
  }
  if (fork() == 0) {
    execl(argv[0], argv[0], "again", (char *)0);
    return 1;
  }
  wait(&status);
  printf("parent: %d\n", WEXITSTATUS(status));
  return 0;
}
