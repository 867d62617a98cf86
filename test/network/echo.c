/* TCP and UDP echo on 127.0.0.1: "server" prints its ports, "client TCP UDP" talks to it. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char buffer[65536];

static struct sockaddr_in at(int port) {
  return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static int server(void) {
  struct sockaddr_in a = at(0), b = at(0), from;
  socklen_t length = sizeof a;
  int s = socket(AF_INET, SOCK_STREAM, 0), u = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(s, (void *)&a, sizeof a) || listen(s, 5) || bind(u, (void *)&b, sizeof b)) return 1;
  getsockname(s, (void *)&a, &length);
  getsockname(u, (void *)&b, &length);
  printf("%d %d\n", ntohs(a.sin_port), ntohs(b.sin_port));
  fflush(stdout);
  int k = accept(s, NULL, NULL);
  long sum = 0, n;
  while ((n = read(k, buffer, sizeof buffer)) > 0) sum += n;
  dprintf(k, "%ld bytes", sum);
  close(k);
  length = sizeof from;
  n = recvfrom(u, buffer, sizeof buffer, 0, (void *)&from, &length);
  sendto(u, buffer, n, 0, (void *)&from, length);
  return 0;
}

static int client(int tcp, int udp) {
  struct sockaddr_in a = at(tcp), b = at(udp);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s, (void *)&a, sizeof a)) return 1;
  for (int i = 0; i < 20; i++) write(s, buffer, sizeof buffer);
  shutdown(s, SHUT_WR);
  long n = read(s, buffer, sizeof buffer);
  printf("%.*s\n", (int)n, buffer);
  printf("%ld\n", (long)read(s, buffer, sizeof buffer));
  int u = socket(AF_INET, SOCK_DGRAM, 0);
  sendto(u, "hello", 5, 0, (void *)&b, sizeof b);
  n = recv(u, buffer, sizeof buffer, 0);
  printf("%.*s\n", (int)n, buffer);
  return 0;
}

int main(int argc, char **argv) {
  return argc == 4 ? client(atoi(argv[2]), atoi(argv[3])) : server();
}
