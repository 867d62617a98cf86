/* A little stack machine, once by a switch and once by computed gotos; argv[1] thousand rounds of its program. */
#include "bench.h"

enum { PUSH, LOAD, STORE, ADD, SUB, MUL, AND, LESS, JUMP_IF, JUMP, DUP, HALT };

/* sum = 0; i = 1000; do { sum = sum * 3 + (i & 255); i = i - 1 } while (0 < i) */
static const int program[] = {
    PUSH, 0, STORE, 0, PUSH, 1000, STORE, 1,                                     /* 0 */
    LOAD, 0, PUSH, 3, MUL, LOAD, 1, PUSH, 255, AND, ADD, STORE, 0,               /* 8 */
    LOAD, 1, PUSH, 1, SUB, DUP, STORE, 1, PUSH, 0, LESS, JUMP_IF, 8, LOAD, 0, HALT /* 21 */
};

static unsigned by_switch(const int *pc) {
  unsigned stack[16], variables[2] = {0, 0}, *top = stack;
  for (;;) switch (*pc++) {
    case PUSH: *++top = (unsigned)*pc++; break;
    case LOAD: *++top = variables[*pc++]; break;
    case STORE: variables[*pc++] = *top--; break;
    case ADD: top--, *top += top[1]; break;
    case SUB: top--, *top -= top[1]; break;
    case MUL: top--, *top *= top[1]; break;
    case AND: top--, *top &= top[1]; break;
    case LESS: top--, *top = top[1] < *top; break;
    case JUMP_IF: pc = *top-- ? program + *pc : pc + 1; break;
    case JUMP: pc = program + *pc; break;
    case DUP: top++, *top = top[-1]; break;
    case HALT: return *top;
  }
}

static unsigned by_goto(const int *pc) {
  static void *const to[] = {&&push, &&load, &&store, &&add, &&sub, &&mul, &&and, &&less, &&jump_if, &&jump, &&dup, &&halt};
  unsigned stack[16], variables[2] = {0, 0}, *top = stack;
#define NEXT goto *to[*pc++]
  NEXT;
push: *++top = (unsigned)*pc++; NEXT;
load: *++top = variables[*pc++]; NEXT;
store: variables[*pc++] = *top--; NEXT;
add: top--, *top += top[1]; NEXT;
sub: top--, *top -= top[1]; NEXT;
mul: top--, *top *= top[1]; NEXT;
and: top--, *top &= top[1]; NEXT;
less: top--, *top = top[1] < *top; NEXT;
jump_if: pc = *top-- ? program + *pc : pc + 1; NEXT;
jump: pc = program + *pc; NEXT;
dup: top++, *top = top[-1]; NEXT;
halt: return *top;
}

int main(int argc, char **argv) {
  unsigned digest = 0;
  for (long n = work(argc, argv) * 1000; n > 0; n -= 2) digest = digest * 31 + by_switch(program) + by_goto(program);
  printf("%u\n", digest);
}
