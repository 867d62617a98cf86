/* The least a program with a C library does. */
#include <stdio.h>

int main(void) {
  puts("hello");
}
