// The outer side: starts the contained process, reads what it writes, and kills it when a limit is reached.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "contained.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/// A pipe whose ends close themselves in other programs and lie beyond the standard streams.
static int make_pipe(int ends[2]) {
  int low[2];
  if (pipe(low) != 0) return errno;
  int error = 0;
  for (int i = 0; i < 2; i++) {
    ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 10);
    if (ends[i] < 0) error = errno;
    close(low[i]);
  }
  return error;
}

/// Reads what there is; returns how many bytes, 0 at the end, -1 when there is nothing yet.
static ssize_t take(int end, void *bytes, size_t count) {
  ssize_t taken;
  do { taken = read(end, bytes, count); } while (taken < 0 && errno == EINTR);
  return taken;
}

/// Reads output up to the limit; sets `closed` at its end. Returns whether there is more than the limit.
static int take_output(int end, char *output, const trimtab_sandbox_request *request, trimtab_sandbox_result *result,
                       int *closed) {
  while (!*closed) {
    char excess;
    const size_t room = request->output_bytes - result->output_count;
    const ssize_t taken = room > 0 ? take(end, output + result->output_count, room) : take(end, &excess, 1);
    if (taken < 0) return 0;
    if (taken == 0) *closed = 1;
    if (taken > 0 && room == 0) return 1;
    if (room > 0) result->output_count += (size_t)taken;
  }
  return 0;
}

/// Reads of the contained side's report what there is; sets `closed` when it is whole or ends.
static void take_report(int end, trimtab_contained_report *report, size_t *count, int *closed) {
  while (!*closed) {
    const ssize_t taken = take(end, (char *)report + *count, sizeof *report - *count);
    if (taken < 0) return;
    *count += (size_t)taken;
    *closed = taken == 0 || *count == sizeof *report;
  }
}

int trimtab_sandbox_run(const trimtab_sandbox_request *request, char *output, trimtab_sandbox_result *result) {
  memset(result, 0, sizeof *result);
  int written[2], reported[2];
  int error = make_pipe(written);
  if (error) return error;
  error = make_pipe(reported);
  if (error) {
    close(written[0]);
    close(written[1]);
    return error;
  }
  const double start = now();
  const pid_t child = fork();
  if (child == 0) trimtab_contained_main(request, written[1], reported[1]);
  error = errno;
  close(written[1]);
  close(reported[1]);
  if (child < 0) {
    close(written[0]);
    close(reported[0]);
    return error;
  }
  // Also here, so that it has its group whoever comes first.
  setpgid(child, child);
  fcntl(written[0], F_SETFL, O_NONBLOCK);
  fcntl(reported[0], F_SETFL, O_NONBLOCK);

  trimtab_contained_report report = {.outcome = -1};
  size_t report_count = 0;
  int output_closed = 0, report_closed = 0, over = -1, status = 0;
  pid_t reaped = 0;
  while (over < 0 && reaped == 0) {
    if (now() - start > request->seconds) {
      over = TRIMTAB_SANDBOX_TIME;
      break;
    }
    struct pollfd ends[2] = {{.fd = output_closed ? -1 : written[0], .events = POLLIN},
                             {.fd = report_closed ? -1 : reported[0], .events = POLLIN}};
    poll(ends, 2, 10);
    if (take_output(written[0], output, request, result, &output_closed)) over = TRIMTAB_SANDBOX_OUTPUT;
    take_report(reported[0], &report, &report_count, &report_closed);
    reaped = waitpid(child, &status, WNOHANG);
  }
  // The whole group, then whatever it held: the first process of a namespace takes all others with it.
  kill(-child, SIGKILL);
  kill(child, SIGKILL);
  while (reaped == 0) {
    reaped = waitpid(child, &status, 0);
    if (reaped < 0 && errno == EINTR) reaped = 0;
  }
  // What came between the last look and the end.
  if (over < 0 && take_output(written[0], output, request, result, &output_closed)) over = TRIMTAB_SANDBOX_OUTPUT;
  take_report(reported[0], &report, &report_count, &report_closed);
  close(written[0]);
  close(reported[0]);
  result->seconds = now() - start;

  const int has_report = report_count == sizeof report;
  if (has_report) {
    result->peak_bytes = report.peak_bytes;
    memcpy(result->stage, report.stage, sizeof result->stage);
    result->stage[sizeof result->stage - 1] = 0;
  }
  if (has_report && report.outcome == TRIMTAB_SANDBOX_FAILED) over = TRIMTAB_SANDBOX_FAILED;
  if (over >= 0) {
    result->outcome = over;
    result->status = has_report ? report.status : 0;
  } else if (has_report) {
    result->outcome = report.outcome;
    result->status = report.status;
  } else if (WIFEXITED(status) && request->root == NULL) {
    result->outcome = TRIMTAB_SANDBOX_EXITED;
    result->status = WEXITSTATUS(status);
  } else {
    result->outcome = TRIMTAB_SANDBOX_SIGNALLED;
    result->status = WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL;
  }
  return 0;
}
