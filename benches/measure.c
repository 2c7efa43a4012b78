/*
 * measure PROGRAM [ARGUMENT ...]: runs it with its output thrown away and prints
 *   WALL-SECONDS CPU-SECONDS PEAK-KIB EXIT-CODE
 * A program of its own, because a child's peak memory begins at that of whoever starts it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time)
{
  return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
  struct timespec begin, end;
  struct rusage usage;
  int status;
  pid_t child;

  if (argc < 2)
    return 2;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  child = fork();
  if (child < 0)
    return 1;
  if (child == 0) {
    int null = open("/dev/null", O_WRONLY);
    dup2(null, STDOUT_FILENO);
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    _exit(127);
  }
  if (wait4(child, &status, 0, &usage) != child)
    return 1;
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%.6f %.6f %ld %d\n",
         (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9,
         seconds(usage.ru_utime) + seconds(usage.ru_stime), usage.ru_maxrss,
         WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
