// The wall clock, set forward or back by the seconds that a file holds; all other clocks stay as they are.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile int64_t *jump;

__attribute__((constructor)) static void map_file(void) {
  int file = open(getenv("JUMPING_CLOCK"), O_RDONLY | O_CLOEXEC);
  void *page = mmap(0, sizeof *jump, PROT_READ, MAP_SHARED, file, 0);
  if (page == MAP_FAILED) _exit(99);
  jump = page;
  close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  long failed = syscall(SYS_clock_gettime, clock, now);
  if (!failed && jump && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *jump;
  return (int)failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *copy) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (copy) *copy = precise.tv_sec;
  return precise.tv_sec;
}
