// build: gcc -O1 -pthread
// build: musl-gcc -O1 -static -pthread
/*
 * What libraries build on locks and atomics: counters and notes that can be waited for, with deadlines, as nsync has them;
 * threads.h; a bounded queue for many producers and consumers; a list with hazard-free reclamation by reference counts; a
 * ticket lock and a sequence lock. Prints only what every interleaving must give.
 */
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <threads.h>
#include <time.h>

enum { THREADS = 5, ROUNDS = 60 };
static thrd_t threads[THREADS];

static void all(int (*body)(void *)) {
  for (long i = 0; i < THREADS; i++) thrd_create(&threads[i], body, (void *)i);
  for (int i = 0; i < THREADS; i++) thrd_join(threads[i], NULL);
}

/* A counter that can be waited for until it is zero. */
struct counter { mtx_t lock; cnd_t zero; int value; };
static struct counter counter;
static int add(struct counter *c, int by) {
  mtx_lock(&c->lock);
  int now = c->value += by;
  if (now == 0) cnd_broadcast(&c->zero);
  mtx_unlock(&c->lock);
  return now;
}
static int wait_zero(struct counter *c, const struct timespec *until) {
  int r = thrd_success;
  mtx_lock(&c->lock);
  while (c->value != 0 && r == thrd_success) r = until ? cnd_timedwait(&c->zero, &c->lock, until) : cnd_wait(&c->zero, &c->lock);
  int left = c->value;
  mtx_unlock(&c->lock);
  return left;
}
static atomic_int early;
static int count_down(void *argument) {
  if ((long)argument == 0) {
    wait_zero(&counter, NULL);
    if (counter.value != 0) atomic_fetch_add(&early, 1);
    return 0;
  }
  for (int i = 0; i < ROUNDS; i++) {
    add(&counter, -1);
    if (i % 7 == 0) thrd_yield();
  }
  return 0;
}

/* A note: once set it stays set; children are set with their parent. */
struct note { mtx_t lock; cnd_t changed; int set; struct note *parent; };
static struct note root, child = {.parent = &root};
static int is_set(struct note *n) {
  for (struct note *at = n; at; at = at->parent) {
    mtx_lock(&at->lock);
    int set = at->set;
    mtx_unlock(&at->lock);
    if (set) return 1;
  }
  return 0;
}
static void set_note(struct note *n) {
  mtx_lock(&n->lock);
  n->set = 1;
  cnd_broadcast(&n->changed);
  mtx_unlock(&n->lock);
}
static atomic_int seen;
static int notified(void *argument) {
  if ((long)argument == THREADS - 1) {
    for (int i = 0; i < 20; i++) thrd_yield();
    set_note(&root);
    return 0;
  }
  mtx_lock(&root.lock);
  while (!root.set) cnd_wait(&root.changed, &root.lock);
  mtx_unlock(&root.lock);
  if (is_set(&child)) atomic_fetch_add(&seen, 1);
  return 0;
}

/* A bounded queue for many producers and consumers, without locks (Vyukov's). */
enum { CELLS = 16 };
static struct { atomic_ulong turn; long value; } cells[CELLS];
static atomic_ulong head, tail;
static int put(long value) {
  unsigned long at = atomic_load(&tail);
  for (;;) {
    long ahead = (long)(atomic_load(&cells[at % CELLS].turn) - at);
    if (ahead == 0 && atomic_compare_exchange_weak(&tail, &at, at + 1)) break;
    if (ahead < 0) return 0;
    if (ahead > 0) at = atomic_load(&tail);
  }
  cells[at % CELLS].value = value;
  atomic_store(&cells[at % CELLS].turn, at + 1);
  return 1;
}
static int get(long *value) {
  unsigned long at = atomic_load(&head);
  for (;;) {
    long ahead = (long)(atomic_load(&cells[at % CELLS].turn) - (at + 1));
    if (ahead == 0 && atomic_compare_exchange_weak(&head, &at, at + 1)) break;
    if (ahead < 0) return 0;
    if (ahead > 0) at = atomic_load(&head);
  }
  *value = cells[at % CELLS].value;
  atomic_store(&cells[at % CELLS].turn, at + CELLS);
  return 1;
}
static atomic_long put_sum, got_sum, taken;
static int queue_body(void *argument) {
  long id = (long)argument;
  for (int i = 0; i < ROUNDS; i++) {
    long value = id * 1000 + i;
    while (!put(value)) {
      long other;
      if (get(&other)) atomic_fetch_add(&got_sum, other), atomic_fetch_add(&taken, 1);
      else thrd_yield();
    }
    atomic_fetch_add(&put_sum, value);
    if (i % 2 && get(&value)) atomic_fetch_add(&got_sum, value), atomic_fetch_add(&taken, 1);
  }
  return 0;
}

/* Objects shared by count: the last holder frees. */
struct object { atomic_int references; int magic; };
static _Atomic(struct object *) current;
static atomic_int freed, wrong;
static atomic_flag swap_lock = ATOMIC_FLAG_INIT;
static void hold(struct object *o) { atomic_fetch_add(&o->references, 1); }
static void drop(struct object *o) {
  if (atomic_fetch_sub(&o->references, 1) != 1) return;
  if (o->magic != 77) atomic_fetch_add(&wrong, 1);
  o->magic = 0, free(o), atomic_fetch_add(&freed, 1);
}
static struct object *make(void) {
  struct object *o = malloc(sizeof *o);
  o->references = 1, o->magic = 77;
  return o;
}
static int sharing(void *argument) {
  for (int i = 0; i < ROUNDS; i++) {
    while (atomic_flag_test_and_set(&swap_lock)) thrd_yield();
    struct object *mine = current;
    hold(mine);
    atomic_flag_clear(&swap_lock);
    if (mine->magic != 77) atomic_fetch_add(&wrong, 1);
    struct object *next = make();
    while (atomic_flag_test_and_set(&swap_lock)) thrd_yield();
    struct object *old = atomic_exchange(&current, next);
    atomic_flag_clear(&swap_lock);
    drop(old), drop(mine);
  }
  return 0;
}

/* A ticket lock, and a sequence lock under it. */
static atomic_uint next_ticket, serving, sequence;
static atomic_long left_half, right_half;
static long guarded;
static atomic_int torn;
static int tickets(void *argument) {
  for (int i = 0; i < ROUNDS; i++) {
    unsigned mine = atomic_fetch_add(&next_ticket, 1);
    while (atomic_load(&serving) != mine) thrd_yield();
    guarded++;
    atomic_fetch_add(&sequence, 1);
    atomic_fetch_add(&left_half, 3), atomic_fetch_add(&right_half, -3);
    atomic_fetch_add(&sequence, 1);
    atomic_fetch_add(&serving, 1);
    unsigned before, after;
    long sum;
    do {
      before = atomic_load(&sequence);
      sum = atomic_load(&left_half) + atomic_load(&right_half);
      after = atomic_load(&sequence);
      if (before != after || before & 1) thrd_yield();
    } while (before != after || before & 1);
    if (sum != 0) atomic_fetch_add(&torn, 1);
  }
  return 0;
}

static once_flag flag = ONCE_FLAG_INIT;
static int onces;
static void first(void) { thrd_yield(), onces++; }
static tss_t key;
static atomic_int destroyed;
static void destroy(void *value) { atomic_fetch_add(&destroyed, (int)(long)value); }
static mtx_t timed;
static atomic_int timeouts;
static int c11(void *argument) {
  call_once(&flag, first);
  tss_set(key, (void *)((long)argument + 1));
  if (tss_get(key) != (void *)((long)argument + 1)) return 1;
  struct timespec until;
  timespec_get(&until, TIME_UTC);
  if (mtx_timedlock(&timed, &until) == thrd_timedout) atomic_fetch_add(&timeouts, 1);
  return (int)(long)argument * 10;
}

int main(void) {
  mtx_init(&counter.lock, mtx_plain), cnd_init(&counter.zero);
  counter.value = (THREADS - 1) * ROUNDS;
  struct timespec past = {1, 0};
  printf("counter before: %d\n", wait_zero(&counter, &past));
  all(count_down);
  printf("counter: %d, early %d\n", counter.value, early);

  mtx_init(&root.lock, mtx_plain), cnd_init(&root.changed);
  mtx_init(&child.lock, mtx_plain), cnd_init(&child.changed);
  printf("note: %d", is_set(&child));
  all(notified);
  printf(" %d, seen by %d\n", is_set(&child), seen);

  for (unsigned long i = 0; i < CELLS; i++) cells[i].turn = i;
  all(queue_body);
  long rest;
  while (get(&rest)) got_sum += rest, taken++;
  printf("queue: %ld %ld, taken %ld\n", put_sum, got_sum, taken);

  current = make();
  all(sharing);
  drop(current);
  printf("objects: freed %d, wrong %d\n", freed, wrong);

  all(tickets);
  printf("tickets: %ld, torn %d\n", guarded, torn);

  tss_create(&key, destroy);
  mtx_init(&timed, mtx_timed);
  mtx_lock(&timed);
  int results = 0;
  for (long i = 0; i < THREADS; i++) thrd_create(&threads[i], c11, (void *)i);
  for (int i = 0, r; i < THREADS; i++) thrd_join(threads[i], &r), results += r;
  printf("threads.h: %d, once %d, destroyed %d, timeouts %d\n", results, onces, destroyed, timeouts);
  return 0;
}
