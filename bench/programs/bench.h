/* What the benchmark programs share: the amount of work from argv[1], reproducible numbers, a digest to print. */
#ifndef BENCH_H
#define BENCH_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline long work(int argc, char **argv) {
  return argc > 1 ? atol(argv[1]) : 1;
}

/* xorshift64*: equal on every machine. */
static uint64_t random_state = 88172645463325252u;
static inline uint64_t next_random(void) {
  random_state ^= random_state >> 12;
  random_state ^= random_state << 25;
  random_state ^= random_state >> 27;
  return random_state * 2685821657736338717u;
}

/* FNV-1a over words. */
static inline uint64_t mix(uint64_t digest, uint64_t word) {
  return (digest ^ word) * 1099511628211u;
}
#endif
